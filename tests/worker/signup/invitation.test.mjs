// Invitations: links of the operator's with which somebody makes an account, each once.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Authenticator, optionsOf } from "../support/authenticator.mjs";
import { startLimen } from "../support/limen.mjs";

const PASSWORD = "three random words";

const op = await startLimen({ vars: { SIGNUP: "invitation" } });
let people = 0;

function newcomer(values = {}) {
  const username = `nora-${++people}`;
  return { email: `${username}@people.test`, username, password: PASSWORD, ...values };
}

async function invite(json = {}, at = op) {
  const answer = await at.admin("/admin/api/invitations", { json });
  const body = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(body));
  return { ...body, path: body.url.slice(at.issuer.length) };
}

const listed = async (at = op) => (await at.json("/admin/api/invitations", { bearer: at.adminToken })).invitations;
const isListed = async (id) => (await listed()).some((one) => one.id === id);
const revoke = (id) => op.admin(`/admin/api/invitations/${id}`, { method: "DELETE" });
const count = async (at = op) => (await at.rows("SELECT COUNT(*) AS n FROM users"))[0].n;

describe("an invitation", () => {
  test("makes one account, without scripts, and is gone; opening it uses nothing up", async () => {
    const { id, path } = await invite({ note: "for Nora" });
    await op.browser().open(path);
    const browser = op.browser();
    const page = await browser.open(path);
    const person = newcomer();
    const short = await browser.submit(page, "email", { ...person, password: "short" });
    assert.match(short.alert, /At least 8/);
    assert.ok(await isListed(id), "a form that was refused uses nothing up");
    const done = await browser.submit(short, "email", person);
    assert.equal(done.url, op.url("/account"), done.text);
    assert.ok(!(await isListed(id)));
    const again = await browser.open(path);
    assert.equal(again.status, 400);
    assert.match(again.text, /does not work any more/);
    assert.equal((await browser.submit(page, "email", newcomer())).status, 400);
    const [{ id: user }] = await op.rows("SELECT id FROM users WHERE username = ?", person.username);
    const [{ detail }] = await op.rows("SELECT detail FROM audit WHERE user_id = ? AND event = 'signed_up'", user);
    assert.deepEqual(JSON.parse(detail), { invitation: id });
    const made = await op.rows("SELECT actor FROM audit WHERE event = 'invitation_made' AND detail LIKE ?", `%${id}%`);
    assert.deepEqual(made, [{ actor: "operator" }]);
  });

  test("counts once, also 50 times at once, and for 50 different people", async () => {
    const { path } = await invite();
    const [before, browser] = [await count(), op.browser()];
    const page = await browser.open(path);
    const send = (from) => browser.submit(page, "email", newcomer(), { address: `192.0.2.${from}` });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => send(n)));
    assert.equal(answers.filter(({ url }) => url === op.url("/account")).length, 1);
    assert.equal(await count(), before + 1);
  });

  test("that has an address makes the account for that one, whatever is typed", async () => {
    const { path } = await invite({ email: "Ivy@ACME.test" });
    const browser = op.browser();
    const page = await browser.open(path);
    const field = page.form("email").controls.find(({ name }) => name === "email");
    assert.ok(field.value === "Ivy@acme.test" && "readonly" in field, JSON.stringify(field));
    const person = newcomer({ email: "mallory@people.test" });
    await browser.submit(page, "email", person);
    const [{ claims }] = await op.rows("SELECT claims FROM users WHERE username = ?", person.username);
    assert.deepEqual(JSON.parse(claims), { email: "Ivy@acme.test", email_verified: false });
  });

  test("says that the address is verified where the operator says so", async () => {
    const { path } = await invite({ email: "ida@acme.test", email_verified: true });
    const browser = op.browser();
    const person = newcomer();
    await browser.submit(await browser.open(path), "email", person);
    const [{ claims }] = await op.rows("SELECT claims FROM users WHERE username = ?", person.username);
    assert.deepEqual(JSON.parse(claims), { email: "ida@acme.test", email_verified: true });
  });

  test("whose address somebody has makes no account, and stays", async () => {
    const ada = await op.person();
    const { id, path } = await invite({ email: ada.email });
    const browser = op.browser();
    const page = await browser.submit(await browser.open(path), "email", newcomer());
    assert.equal(page.status, 400);
    assert.match(page.alert, /already/);
    assert.ok(await isListed(id));
  });

  test("whose address an operator has not confirmed takes it from them no more than from anybody who has", async () => {
    const boss = await op.person({ email_verified: undefined });
    assert.equal((await op.admin(`/admin/api/operators/${boss.id}`, { method: "PUT", json: { roles: ["owner"] } })).status, 204);
    const { id, path } = await invite({ email: boss.email, email_verified: true });
    const browser = op.browser();
    const page = await browser.submit(await browser.open(path), "email", newcomer());
    assert.equal(page.status, 400);
    assert.match(page.alert, /already/);
    assert.ok(await isListed(id));
    assert.deepEqual(await op.rows("SELECT email FROM users WHERE id = ?", boss.id), [{ email: boss.email }]);
    assert.deepEqual(await op.rows("SELECT event FROM audit WHERE user_id = ? AND event = 'email_released'", boss.id), []);
  });

  test("that was taken back, or has expired, works no more, also on a page that was open", async () => {
    for (const end of [({ id }) => revoke(id), () => op.clock.advance({ seconds: 61 })]) {
      const made = await invite({ expires_in: 60 });
      const browser = op.browser();
      const page = await browser.open(made.path);
      await end(made);
      assert.equal((await browser.submit(page, "email", newcomer())).status, 400);
      assert.equal((await browser.open(made.path)).status, 400);
      assert.ok(!(await isListed(made.id)));
    }
    const { id } = await invite();
    assert.deepEqual([(await revoke(id)).status, (await revoke(id)).status], [204, 404]);
    const revoked = await op.rows("SELECT 1 FROM audit WHERE event = 'invitation_revoked' AND detail LIKE ?", `%${id}%`);
    assert.equal(revoked.length, 1);
  });

  test("that is cut, changed or made up is none", async () => {
    const { path } = await invite();
    const token = new URLSearchParams(path.split("?")[1]).get("invitation");
    const other = (letter) => (letter === "A" ? "B" : "A");
    const changed = [...token].map((letter, n) => token.slice(0, n) + other(letter) + token.slice(n + 1));
    const cut = [...token].map((_, n) => token.slice(0, n)).filter((text) => text !== "");
    for (const odd of [...changed, ...cut]) {
      assert.equal((await op.fetch(`/signup?invitation=${encodeURIComponent(odd)}`)).status, 400, odd);
    }
    assert.equal((await op.fetch(path)).status, 200);
  });

  test("is bound to a form that this browser was shown", async () => {
    const { path } = await invite();
    const page = await op.browser().open(path);
    assert.equal((await op.browser().submit(page, "email", newcomer())).status, 403);
  });

  test("is looked at by HEAD with no effect, and never stored as it is", async () => {
    const { path } = await invite();
    assert.equal((await op.fetch(path, { method: "HEAD" })).status, 405);
    const secret = path.split("~")[1];
    assert.ok(!JSON.stringify(await op.rows("SELECT * FROM invitations")).includes(secret));
    assert.ok(!JSON.stringify(await listed()).includes(secret));
  });
});

describe("where people need an invitation", () => {
  test("there is no page, no link and no prompt=create without one", async () => {
    const browser = op.browser();
    assert.match((await browser.open("/signup?page=overview")).url, /\/login/);
    assert.ok(!(await browser.open("/account")).elements("a").some(({ id }) => id === "sign-up"));
    assert.ok(!(await op.json("/.well-known/openid-configuration")).prompt_values_supported.includes("create"));
    const { path } = await invite();
    const page = await browser.open(path);
    const form = Object.fromEntries(page.form("email").controls.map(({ name, value }) => [name, value ?? ""]));
    const answer = await browser.fetch("/signup", { form: { ...form, ...newcomer(), invitation: "" } });
    assert.equal(answer.status, 404);
  });

  test("lists go page by page", async () => {
    for (let n = 0; n < 3; n++) await invite({ expires_in: 1_000 + n });
    const all = (await listed()).map(({ id }) => id);
    const found = [];
    for (let after = ""; after !== null; ) {
      const page = await op.json(`/admin/api/invitations?limit=2${after && `&after=${after}`}`, { bearer: op.adminToken });
      found.push(...page.invitations.map(({ id }) => id));
      after = page.next;
    }
    assert.deepEqual(found, all);
  });

  test("the operator alone makes, lists and takes back", async () => {
    const { id } = await invite();
    for (const bearer of [undefined, "x".repeat(40)]) {
      assert.equal((await op.fetch("/admin/api/invitations", { json: {}, bearer })).status, 401);
      assert.equal((await op.fetch("/admin/api/invitations", { bearer })).status, 401);
      assert.equal((await op.fetch(`/admin/api/invitations/${id}`, { method: "DELETE", bearer })).status, 401);
    }
    assert.ok(await isListed(id));
  });
});

test("an invitation makes an account with a passkey where there are no passwords", async () => {
  const alone = await startLimen({ vars: { SIGNUP: "invitation", SIGN_IN: "passkey" } });
  const { path } = await invite({}, alone);
  const browser = alone.browser();
  const page = await browser.open(path);
  const passkey = new Authenticator(alone).create(optionsOf(page));
  const done = await browser.submit(page, "passkey", { email: "pia@people.test", username: "pia", passkey });
  assert.equal(done.url, alone.url("/account"), done.text);
  assert.deepEqual(await listed(alone), []);
});

test("where sign-up is off, none can be made, and one that was works no more", async () => {
  const off = await startLimen({ vars: { SIGNUP: "invitation" } });
  const { path } = await invite({}, off);
  await off.redeploy({ SIGNUP: "off" });
  assert.equal((await off.admin("/admin/api/invitations", { json: {} })).status, 409);
  assert.equal((await off.fetch(path)).status, 400);
});
