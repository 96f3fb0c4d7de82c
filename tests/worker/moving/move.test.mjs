// A deployment that people and apps use moves into an empty one, and they sign in there as before.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { Authenticator, signInWith, withPasskey } from "../support/authenticator.mjs";
import { grantOf } from "../support/browser.mjs";
import { Client, basic } from "../support/client.mjs";
import { withApp } from "../support/codes.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { freshRoot, startLimen } from "../support/limen.mjs";
import { PNG } from "../openapi/requests/groups.mjs";
import { verified } from "../webhooks/support.mjs";
import { exported, outcomes, taken } from "./support.mjs";

const ATTRIBUTES = JSON.stringify({ department: { scope: "employee" } });
const vars = { SIGNUP: "invitation", KEK_1: freshRoot(), ATTRIBUTES, TERMS_VERSION: "1", TERMS_URL: "https://acme.test/terms" };
const before = await startLimen({ vars });
const settled = { ...vars, EPOCH: "7" };
const after = await startLimen({ vars: settled });
const elsewhere = await startLimen({ vars: { ...vars, KEK_1: freshRoot() } });

const admin = async (path, json, method) => {
  const response = await before.admin(path, { json, method });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.status === 204 ? undefined : response.json();
};

// What there is to move.
const app = await before.client();
const pairwise = await before.client({ client_name: "Pairwise", subject_type: "pairwise" });
const signer = await before.client({ client_name: "Signer", token_endpoint_auth_method: "client_secret_jwt" });
const writers = await admin("/admin/api/groups", { name: "Writers", attributes: { department: "Words" } });
const closed = await before.client({ client_name: "Closed", allowed_groups: [writers.id] });
await admin("/admin/api/apis", { identifier: "https://api.acme.test", name: "Notes", scopes: { "notes:read": { title: "Read notes" } } });
const hook = await admin("/admin/api/webhooks", { name: "SIEM", url: "https://siem.acme.test/in", events: ["user_created"] });
const renewed = await admin(`/admin/api/webhooks/${hook.id}/renew_secret`, { overlap_seconds: 3_600 });
const tokens = await admin("/admin/api/webhooks", { name: "Tokens", url: "https://ssf.acme.test/in", format: "set", client_id: app.id });
await admin(`/admin/api/clients/${app.id}`, { notes: "Ask Ada\nfirst", accent_color: "#0b57d0", launch_uri: "https://app.acme.test/start" }, "PATCH");
const logo = { method: "PUT", body: PNG, headers: { "content-type": "image/png" } };
assert.equal((await before.admin(`/admin/api/clients/${app.id}/logo`, logo)).status, 200);
const ada = await before.person({ nickname: "Countess" });
const bob = await before.person();
const eve = await before.person({ disabled: true });
await before.rows("INSERT INTO accepted_terms (user_id, version, accepted_at) SELECT id, '1', 1 FROM users");
await admin(`/admin/api/groups/${writers.id}/members`, { add: [ada.id] });
await admin(`/admin/api/clients/${app.id}/roles`, { add: [{ role: "editor", group: writers.id }, { role: "admin", user: bob.id }] });
await admin(`/admin/api/operators/${bob.id}`, { roles: ["people", "auditor"] }, "PUT");
await before.browser().obtain(app, ada);
const subBefore = claimsOf((await pairwise.tokens(await before.browser().obtain(pairwise, ada))).id_token).sub;
const { authenticator } = await withPasskey(before, ada);
const { app: phone, codes } = await withApp(before, bob);
const invited = await admin("/admin/api/invitations", {});
const key = await admin("/admin/api/api_keys", { name: "Sync", scopes: ["people:read"] });

const lines = await exported(before);
const results = await taken(after, lines);
const of = (kind) => lines.filter((line) => line.kind === kind);
const there = (client, op = after) => new Client(op, client.registered);

describe("an export", () => {
  test("has each kind of lines, and the settings without secrets", () => {
    const kinds = [...new Set(lines.map(({ kind }) => kind))];
    assert.deepEqual(kinds, ["deployment", "group", "app", "api", "person", "credential", "terms", "memberships", "role", "operator", "consent", "webhook"]);
    const [{ issuer, format, roots, settings }] = of("deployment");
    assert.equal(issuer, before.issuer);
    assert.equal(format, 1);
    assert.deepEqual(Object.keys(roots), ["1"]);
    assert.ok(settings.some(({ name }) => name === "ATTRIBUTES"));
    const text = JSON.stringify(lines);
    for (const secret of [vars.KEK_1, before.adminToken, app.secret, signer.secret, key.key, invited.url, hook.secret.slice(6)]) assert.ok(!text.includes(secret));
    assert.ok(!text.includes(phone.totp.secret.base32));
    for (const code of codes) assert.ok(!text.includes(code));
  });

  test("is the same in pages of one line", async () => {
    assert.deepEqual((await exported(before, { limit: 1 })).slice(1), lines.slice(1));
  });

  test("is in the audit, page by page", async () => {
    const { events } = await before.json("/admin/api/audit?event=exported", { bearer: before.adminToken });
    assert.deepEqual(new Set(events.map(({ actor }) => actor)), new Set(["operator"]));
    assert.ok(events.some(({ detail }) => detail.kind === "person" && detail.after === ""));
  });

  test("that broke off goes on from where it was", async () => {
    const first = await (await before.admin("/admin/api/export?after=person%3A&limit=1")).text();
    const { after: place } = JSON.parse(first.trimEnd().split("\n").at(-1));
    const rest = await (await before.admin(`/admin/api/export?after=${encodeURIComponent(place)}`)).text();
    const ids = [first, rest].flatMap((text) => text.trimEnd().split("\n").slice(0, -1)).map((line) => JSON.parse(line).id);
    assert.deepEqual(ids, of("person").map(({ id }) => id));
  });
});

describe("an import into an empty deployment", () => {
  test("takes every line, and needs no new secret under the same root key, whatever the epoch", () => {
    assert.deepEqual(outcomes(results), ["added", "unchanged"], JSON.stringify(results.filter(({ outcome }) => outcome === "refused")));
    assert.deepEqual(results.filter(({ outcome }) => outcome === "unchanged").length, 1, "the line of the deployment");
    assert.ok(!results.some(({ needs_secret }) => needs_secret));
  });

  test("is the same deployment but for what does not move", async () => {
    const again = await exported(after);
    const known = ({ exported_at, settings, ...line }) => (line.type === "recovery_codes" ? { ...line, secret: line.secret.toSorted() } : line);
    assert.deepEqual(again.map(known), lines.map(known));
    assert.deepEqual(await after.rows("SELECT * FROM invitations"), []);
    assert.deepEqual(await after.rows("SELECT * FROM api_keys"), []);
    assert.deepEqual(await after.rows("SELECT * FROM sessions"), []);
  });

  test("changes nothing the second time", async () => {
    const rows = async () => JSON.stringify([await after.rows("SELECT * FROM users"), await after.rows("SELECT * FROM credentials"), await after.rows("SELECT * FROM clients"), await after.rows("SELECT * FROM grants"), await after.rows("SELECT * FROM webhooks"), await after.rows("SELECT * FROM client_logos")]);
    const held = await rows();
    assert.deepEqual(outcomes(await taken(after, lines)), ["unchanged"]);
    assert.equal(await rows(), held);
  });

  test("lets a person in with the same password, without asking for what they allowed or accepted", async () => {
    const browser = after.browser();
    const page = await browser.signIn(await browser.authorize(there(app)), ada);
    const tokens = await there(app).tokens(grantOf(page));
    const claims = claimsOf(tokens.id_token);
    assert.equal(claims.sub, ada.id);
    const info = await after.json("/userinfo", { bearer: tokens.access_token });
    assert.equal(info.nickname ?? info.name, "Countess");
    assert.equal(info.email_verified, true);
  });

  test("lets a person in with the same passkey", async () => {
    authenticator.op = after;
    const browser = after.browser();
    const page = await signInWith(browser, await browser.open("/account"), authenticator);
    assert.equal(page.url, after.url("/account"));
  });

  test("asks for the same one-time codes, and takes the same recovery codes", async () => {
    phone.op = after;
    const browser = after.browser();
    const page = await browser.signIn(await browser.open("/login?page=overview"), bob);
    assert.equal(new URL(page.url).pathname, "/login/second");
    const next = await browser.submit(page, "code", { code: phone.nextCode() });
    assert.equal(new URL(next.url).pathname, "/account");
    const other = after.browser();
    const second = await other.signIn(await other.open("/login?page=overview"), bob);
    const signedIn = await other.submit(second, "recovery_code", { recovery_code: codes[0] });
    assert.equal(new URL(signedIn.url).pathname, "/account");
  });

  test("knows people by the same pairwise subject", async () => {
    const tokens = await there(pairwise).tokens(await after.browser().obtain(there(pairwise), ada));
    assert.equal(claimsOf(tokens.id_token).sub, subBefore);
    assert.notEqual(subBefore, ada.id);
  });

  test("keeps a locked account locked, and an app for its group", async () => {
    const browser = after.browser();
    assert.ok((await browser.signIn(await browser.authorize(there(app)), eve)).asksForPassword);
    assert.ok(await after.browser().obtain(there(closed), ada));
    const refused = await after.browser().authorize(there(closed));
    assert.equal(refused.status, 200);
  });

  test("has the same operators and roles", async () => {
    const { operators } = await after.json("/admin/api/operators", { bearer: after.adminToken });
    assert.deepEqual(operators.map(({ user_id, roles }) => [user_id, roles]), [[bob.id, ["people", "auditor"]]]);
    const { roles } = await after.json(`/admin/api/clients/${app.id}/roles`, { bearer: after.adminToken });
    assert.deepEqual(roles.map(({ role }) => role).sort(), ["admin", "editor"]);
  });

  test("shows an app as it looked, with what was noted about it", async () => {
    const [here, there] = await Promise.all([before, after].map((op) => op.json(`/admin/api/clients/${app.id}`, { bearer: op.adminToken })));
    for (const name of ["notes", "accent_color", "launch_uri"]) assert.equal(there[name], here[name] ?? assert.fail(name));
    const served = await after.fetch(new URL(there.logo.url).pathname);
    assert.deepEqual([served.headers.get("content-type"), Buffer.from(await served.arrayBuffer())], ["image/png", PNG]);
  });

  test("lets an app manage itself by its registration access token", async () => {
    const { registration_access_token: bearer } = app.registered;
    const response = await after.fetch(`/register/${app.id}`, { bearer });
    assert.equal(response.status, 200);
  });

  test("has the webhooks, switched off, which tell nothing of it and go on with the secrets that their receivers know", async () => {
    const path = `/admin/api/webhooks/${hook.id}`;
    const read = await after.json(path, { bearer: after.adminToken });
    assert.deepEqual([read.url, read.events, read.state], ["https://siem.acme.test/in", ["user_created"], "off"]);
    assert.deepEqual(results.filter(({ switched_off }) => switched_off), Array(2).fill({ outcome: "added", switched_off: true }));
    const sent = [];
    after.serve(hook.url, async (request) => {
      sent.push({ headers: Object.fromEntries(request.headers), body: await request.text() });
      return { status: 204 };
    });
    const on = await after.admin(path, { method: "PATCH", json: { enabled: true } });
    assert.equal((await on.json()).state, "ok");
    const { id } = await after.json("/admin/api/users", { json: { username: "newcomer" }, bearer: after.adminToken });
    for (let tries = 0; tries < 200 && !sent.length; tries++) await wait(25);
    assert.equal(JSON.parse(sent[0].body).data.user_id, id, "it is not told of those who were imported with it");
    for (const { secret } of [hook, renewed]) assert.ok(verified(secret, sent[0]), "both sign in the overlap");
    await after.admin(`/admin/api/users/${id}`, { method: "DELETE" });
    const about = await after.json(`/admin/api/webhooks/${tokens.id}`, { bearer: after.adminToken });
    assert.deepEqual([about.format, about.client_id, about.state], ["set", app.id, "off"]);
    await after.admin(path, { method: "PATCH", json: { enabled: false } });
  });

  test("is in the audit: the whole, and each thing", async () => {
    const { events } = await after.json("/admin/api/audit?event=imported", { bearer: after.adminToken });
    assert.equal(events.at(-1).detail.lines.person, 3);
    const about = await after.json(`/admin/api/audit?user=${ada.id}`, { bearer: after.adminToken });
    const made = about.events.find(({ event }) => event === "user_created");
    assert.deepEqual(made.detail, { imported: true });
  });
});

describe("an import under another root key", () => {
  let results;
  test("takes people and apps, and says what has to be set up again", async () => {
    results = await taken(elsewhere, lines);
    const said = lines.map((line, at) => [line, results[at]]);
    const refused = said.filter(([, { outcome }]) => outcome === "refused");
    assert.deepEqual(refused.map(([{ type }]) => type).sort(), ["recovery_codes", "totp"]);
    for (const [, { why }] of refused) assert.match(why, /another root key/);
    const needs = said.filter(([, { needs_secret }]) => needs_secret).map(([{ id }]) => id);
    assert.deepEqual(needs.sort(), [app, pairwise, signer, closed, hook].map(({ id }) => id).sort());
  });

  test("without the fingerprints, too", async () => {
    const third = await startLimen({ vars });
    const sealed = lines.filter(({ type, kind }) => kind === "person" || type === "totp");
    const some = await taken(third, sealed, { roots: undefined });
    assert.match(some.at(-1).why, /another root key/);
  });

  test("refuses the app its old secret, and gives it a new one", async () => {
    const old = there(app, elsewhere);
    const response = await elsewhere.fetch("/token", { form: { grant_type: "refresh_token", refresh_token: "x" }, headers: { authorization: basic(old.id, old.secret) } });
    assert.equal(response.status, 401);
    const renewed = await elsewhere.admin(`/register/${app.id}/renew_secret`, { method: "POST" });
    assert.equal(renewed.status, 200);
    old.secret = (await renewed.json()).client_secret;
    const browser = elsewhere.browser();
    const page = await browser.signIn(await browser.authorize(old), ada);
    assert.ok((await old.tokens(grantOf(page))).access_token);
  });

  test("lets people in with their passwords and passkeys", async () => {
    authenticator.op = elsewhere;
    const browser = elsewhere.browser();
    const page = await signInWith(browser, await browser.open("/account"), authenticator);
    assert.equal(page.url, elsewhere.url("/account"));
  });
});

describe("another export into the same deployment", () => {
  test("says what differs, and changes nothing of it", async () => {
    const change = (json) => before.admin(`/admin/api/users/${ada.id}`, { method: "PATCH", json });
    assert.equal((await change({ disabled: true })).status, 200);
    assert.equal((await change({ password: "another long pass phrase" })).status, 200);
    assert.equal((await before.admin(`/register/${app.id}/renew_secret`, { method: "POST" })).status, 200);
    assert.equal((await before.admin(`/admin/api/webhooks/${hook.id}/renew_secret`, { method: "POST", json: { overlap_seconds: 0 } })).status, 200);
    const again = await exported(before);
    const results = await taken(after, again);
    const outcome = (wanted) => results[again.findIndex(wanted)].outcome;
    assert.equal(outcome(({ kind, id }) => kind === "person" && id === ada.id), "different");
    assert.equal(outcome(({ kind, id }) => kind === "person" && id === eve.id), "unchanged");
    assert.equal(outcome(({ type, user }) => type === "password" && user === ada.id), "different");
    assert.equal(outcome(({ kind, id }) => kind === "app" && id === app.id), "different");
    assert.equal(outcome(({ kind, id }) => kind === "app" && id === pairwise.id), "unchanged");
    const [noted] = await taken(after, [{ ...of("app").find(({ id }) => id === pairwise.id), notes: "Others" }]);
    assert.equal(noted.outcome, "different");
    assert.equal(outcome(({ kind, id }) => kind === "webhook" && id === hook.id), "different");
    assert.equal(outcome(({ kind, id }) => kind === "webhook" && id === tokens.id), "unchanged");
    assert.deepEqual(await after.rows("SELECT disabled_at FROM users WHERE id = ?", ada.id), [{ disabled_at: null }]);
  });

  test("knows a password whose hash was renewed at a sign-in, and a secret that another provider wrote down", async () => {
    const [id, password] = ["imported", "correct horse \u00e9"];
    // Of that, by bcrypt.
    const hash = "$2b$05$cqsU/ZYaOILLeHsKod9kb.qkWBJBSpM4a2qLSiSEx/AQpfa2bLW5i";
    const person = { kind: "person", id, username: "imported", claims: {} };
    const credential = { kind: "credential", user: id, type: "password", secret: hash };
    const dated = { ...credential, id: "row", created_at: 7 };
    const metadata = { client_name: "Imported", redirect_uris: ["https://imported.acme.test/cb"] };
    const imported = { kind: "app", id: "imported-app", metadata, secret: "a-secret-of-another-provider" };
    for (const [line, op] of [[dated, after], [credential, elsewhere]]) {
      const lines = [person, line, imported];
      assert.deepEqual(outcomes(await taken(op, lines)), ["added"]);
      const browser = op.browser();
      await browser.signIn(await browser.open("/account"), { username: "imported", password });
      const [row] = await op.rows("SELECT secret FROM credentials WHERE user_id = ?", id);
      assert.notEqual(row.secret, hash, "it was renewed");
      assert.deepEqual(outcomes(await taken(op, lines)), ["unchanged"]);
      const [{ outcome }] = await taken(op, [{ ...imported, secret: `${imported.secret}-that-differs` }]);
      assert.equal(outcome, "different");
    }
  });

  test("takes no sealed secret that is not the app's: it would fail when it is needed", async () => {
    const line = of("app").find(({ id }) => id === signer.id);
    const [{ outcome, why }] = await taken(after, [{ ...line, id: "copied" }], { roots: lines[0].roots });
    assert.equal(outcome, "refused");
    assert.match(why, /^wrapped_secret does not open for this app/);
    assert.deepEqual(await after.rows("SELECT id FROM clients WHERE id = 'copied'"), []);
  });
});
