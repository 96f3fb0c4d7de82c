// `cargo xtask export`, `import` and `apply` against Limen, as an operator starts them.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { promisify } from "node:util";

import { freshRoot, startLimen } from "../support/limen.mjs";

const XTASK = new URL("../../../target/debug/xtask", import.meta.url).pathname;
const run = promisify(execFile);
const vars = { KEK_1: freshRoot() };
const before = await startLimen({ vars, bare: true });
const there = await startLimen({ vars, bare: true });
const folder = mkdtempSync(join(tmpdir(), "limen-moving-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name) => join(folder, name);
const text = (name) => readFileSync(file(name), "utf8");

/** Runs the tool with a deployment's token. What it prints, whatever came of it. */
async function tool(op, ...command) {
  const env = { ...process.env, ADMIN_TOKEN: op.adminToken };
  try {
    const { stdout } = await run(XTASK, command, { env });
    return { ok: true, out: stdout };
  } catch (error) {
    return { ok: false, out: `${error.stdout}${error.stderr}` };
  }
}

for (let n = 0; n < 3; n++) await before.client({ client_name: `App ${n}` });
for (let n = 0; n < 3; n++) await before.person();

describe("a deployment moves by the tool", () => {
  test("into a file that its owner alone can read, and into another deployment", async () => {
    const exported = await tool(before, "export", "--from", await before.origin(), "--out", file("whole.jsonl"));
    assert.ok(exported.ok, exported.out);
    assert.equal(statSync(file("whole.jsonl")).mode & 0o777, 0o600);
    assert.ok(text("whole.jsonl").endsWith('{"kind":"end"}\n'));
    assert.ok(!exported.out.includes(before.adminToken));
    const imported = await tool(there, "import", "--into", await there.origin(), file("whole.jsonl"));
    assert.ok(imported.ok, imported.out);
    assert.match(imported.out, /person +3 +0 +0 +0/);
    assert.match(imported.out, /Nothing is left over/);
    assert.equal((await there.rows("SELECT id FROM users")).length, 3);
    const again = await tool(there, "import", "--into", await there.origin(), file("whole.jsonl"));
    assert.match(again.out, /person +0 +3 +0 +0/);
  });

  test("and an export that broke off goes on where it was, without what was half written", async () => {
    const whole = text("whole.jsonl").split("\n");
    const place = whole.findIndex((line) => line.includes('"kind":"person"'));
    const head = whole.slice(0, place).join("\n") + "\n";
    writeFileSync(file("half.jsonl"), `${head}{"kind":"pers`);
    const cursor = (origin) => `${origin}\n${Buffer.byteLength(head)}\n${place}\nperson:\n`;
    writeFileSync(file("half.jsonl.cursor"), cursor("https://id.elsewhere.test"));
    const another = await tool(before, "export", "--from", await before.origin(), "--out", file("half.jsonl"));
    assert.match(another.out, /is of an export of https:\/\/id.elsewhere.test/);
    writeFileSync(file("half.jsonl.cursor"), cursor(await before.origin()));
    const goneOn = await tool(before, "export", "--from", await before.origin(), "--out", file("half.jsonl"));
    assert.ok(goneOn.ok, goneOn.out);
    assert.equal(text("half.jsonl"), text("whole.jsonl"));
    const over = await tool(before, "export", "--from", await before.origin(), "--out", file("half.jsonl"));
    assert.ok(!over.ok && /is there already/.test(over.out), over.out);
  });

  test("and an import goes on where it was", async () => {
    const lines = text("whole.jsonl").trimEnd().split("\n").length;
    writeFileSync(file("whole.jsonl.imported"), `${await there.origin()}\n${lines}\n${lines - 1}\n`);
    const goneOn = await tool(there, "import", "--into", await there.origin(), file("whole.jsonl"));
    assert.match(goneOn.out, /lines were taken before/);
    assert.doesNotMatch(goneOn.out, /person +\d/);
  });

  test("and neither a file nor a link moves the terminal, or makes it write elsewhere", async () => {
    const line = JSON.stringify({ kind: "group", id: "g\u001b[2J", name: "\u009b" });
    writeFileSync(file("hostile.jsonl"), `${line}\n{"kind":\u001b]0;x\u0007\n`);
    const imported = await tool(there, "import", "--into", await there.origin(), file("hostile.jsonl"));
    assert.ok(imported.ok, imported.out);
    const shown = await tool(there, "import", "--dry-run", file("hostile.jsonl"));
    for (const told of [imported.out, shown.out, text("hostile.jsonl.report")]) assert.doesNotMatch(told, /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/);
    assert.equal(statSync(file("hostile.jsonl.report")).mode & 0o777, 0o600);
    symlinkSync(file("target"), file("link.jsonl"));
    const linked = await tool(before, "export", "--from", await before.origin(), "--out", file("link.jsonl"));
    assert.match(linked.out, /is a link/);
  });

  test("and an import that breaks off keeps what it has noted", async () => {
    const groups = Array.from({ length: 100 }, (_, n) => JSON.stringify({ kind: "group", id: `b-${n}`, name: n ? `Broken ${n}` : "a,b" }));
    writeFileSync(file("broken.jsonl"), `${[...groups, ...groups].join("\n")}\n`);
    const origin = await there.origin();
    const [address, token] = [new URL(origin), there.adminToken];
    // The second request is not taken.
    const front = createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      requests += 1;
      if (requests > 2) return response.writeHead(400).end("no more");
      const init = { method: request.method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" } };
      if (parts.length) init.body = Buffer.concat(parts);
      const answer = await fetch(new URL(request.url, address), init);
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    });
    let requests = 0;
    await new Promise((resolve) => front.listen(0, "127.0.0.1", resolve));
    const broken = await tool(there, "import", "--into", `http://127.0.0.1:${front.address().port}`, file("broken.jsonl"));
    front.close();
    assert.ok(!broken.ok, broken.out);
    assert.match(text("broken.jsonl.report"), /line 1: group b-0: name must/);
    assert.match(broken.out, /group +99/, "what was done is told");
    await there.rows("DELETE FROM groups");
  });

  test("but not without a token, with a wrong one, or over plain HTTP", async () => {
    const origin = await before.origin();
    const without = await tool({ adminToken: "" }, "export", "--from", origin, "--out", file("none"));
    assert.match(without.out, /ADMIN_TOKEN is not set/);
    const wrong = await tool({ adminToken: "wrong" }, "export", "--from", origin, "--out", file("none"));
    assert.match(wrong.out, /401/);
    const plain = await tool(before, "export", "--from", "http://id.acme.org", "--out", file("none"));
    assert.match(plain.out, /not https/);
  });

  test("and people of another provider come in, those that cannot with the reason", async () => {
    writeFileSync(file("people.csv"), "email,name,password_hash\nzoe@acme.org,Zoe,$2b$05$cqsU/ZYaOILLeHsKod9kb.qkWBJBSpM4a2qLSiSEx/AQpfa2bLW5i\nyan@acme.org,Yan,md5\n");
    const shown = await tool(there, "import", "--format", "csv", "--dry-run", file("people.csv"));
    assert.match(shown.out, / credential +1\n +person +2\n/);
    assert.doesNotMatch(shown.out, /\$2b\$/);
    const imported = await tool(there, "import", "--format", "csv", "--into", await there.origin(), file("people.csv"));
    assert.ok(imported.ok, imported.out);
    assert.match(text("people.csv.report"), /line 3: yan@acme.org: password_hash/);
    assert.equal((await there.rows("SELECT c.secret FROM users u JOIN credentials c ON c.user_id = u.id WHERE u.username = 'zoe'")).length, 1);
  });
});

describe("a declared state", () => {
  const YAML = `groups:
  Staff:
  Admins: {second_factor_required: true}
apps:
  Grafana:
    redirect_uris: [https://grafana.acme.test/callback]
    grant_types: [authorization_code, refresh_token]
    scope: openid profile email
    allowed_groups: [Staff, Admins]
    consent: never
    access_token_lifetime: 300
    roles_claim: roles
    roles: {admin: [Admins], viewer: [Staff, Admins]}
`;
  const apply = async (yaml, ...options) => {
    writeFileSync(file("limen.yaml"), yaml);
    return tool(there, "apply", file("limen.yaml"), "--to", await there.origin(), ...options);
  };
  const grafana = async () => {
    const { clients } = await there.json("/admin/api/clients?search=Grafana", { bearer: there.adminToken });
    return there.json(`/register/${clients[0].client_id}`, { bearer: there.adminToken });
  };

  test("is shown first, and nothing is done without a yes", async () => {
    const asked = await apply(YAML);
    assert.ok(!asked.ok);
    assert.match(asked.out, /create group Admins\n {4}second_factor_required: false -> true/);
    assert.deepEqual(await there.rows("SELECT name FROM groups"), []);
  });

  test("is made, with the secret of a new app in a file of its own", async () => {
    const made = await apply(YAML, "--yes");
    assert.ok(made.ok, made.out);
    assert.doesNotMatch(made.out, /keeps this otherwise/);
    const app = await grafana();
    assert.equal(app.consent, "never");
    assert.equal(app.allowed_groups.length, 2);
    const [name, id, secret] = text("limen.yaml.secrets").trim().split("\t");
    assert.deepEqual([name, id], ["Grafana", app.client_id]);
    assert.ok(!made.out.includes(secret));
    assert.equal((await there.rows("SELECT role FROM app_roles")).length, 3);
  });

  test("twice changes nothing", async () => {
    const again = await apply(YAML, "--yes");
    assert.match(again.out, /is as .* declares it/);
  });

  test("changes what differs alone, old -> new", async () => {
    const changed = await apply(YAML.replace("access_token_lifetime: 300", "access_token_lifetime: 200").replace("viewer: [Staff, Admins]", "viewer: [Staff]"), "--yes");
    assert.match(changed.out, /~ change app Grafana\n {4}access_token_lifetime: 300 -> 200\n/);
    assert.match(changed.out, /0 to create, 1 to change, 0 to delete/);
    assert.equal((await there.rows("SELECT role FROM app_roles")).length, 3, "a role is not taken without --prune");
  });

  test("deletes with --prune alone", async () => {
    const pruned = await apply("groups:\n  Staff:\n  Admins:\napps:\n  Grafana:\n    roles: {admin: [Admins]}\n", "--prune", "--yes");
    assert.ok(pruned.ok, pruned.out);
    assert.match(pruned.out, /- DELETE app App 0/);
    assert.equal((await there.rows("SELECT id FROM clients")).length, 1);
    assert.deepEqual(await there.rows("SELECT role FROM app_roles"), [{ role: "admin" }]);
  });

  test("with a member that is not known is refused by its line, and nothing is done", async () => {
    const refused = await apply("groups:\n  New:\napps:\n  Grafana:\n    redirect_urls: [x]\n", "--yes");
    assert.match(refused.out, /line 5: redirect_urls is no member of an app/);
    assert.deepEqual(await there.rows("SELECT name FROM groups WHERE name = 'New'"), []);
  });
});
