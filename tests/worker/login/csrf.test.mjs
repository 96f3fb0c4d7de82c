// Forms belong to the browser that got them: nobody can sign a victim in, or consent for one, from another site.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const client = await op.client();
const ada = await op.person();

const fieldsOf = (page, control) =>
  Object.fromEntries(
    page
      .form(control)
      .controls.filter(({ tag }) => tag === "input")
      .map(({ name, value }) => [name, value]),
  );

async function loginFields(browser) {
  const fields = fieldsOf(await browser.authorize(client), "password");
  return { ...fields, username: ada.username, password: ada.password };
}

const refused = async (browser, response) => {
  assert.ok([400, 401, 403, 409].includes(response.status), `${response.status}`);
  assert.equal(await browser.sessionCookie(), undefined, "no session");
};

test("the login form works as it came", async () => {
  const browser = op.browser();
  const response = await browser.fetch("/login", { form: await loginFields(browser) });
  assert.equal(response.status, 303);
  assert.ok(await browser.sessionCookie());
});

for (const [what, csrf] of Object.entries({ missing: undefined, empty: "", wrong: "A".repeat(43), "a dot": "." })) {
  test(`a login with a csrf token that is ${what} is refused`, async () => {
    const browser = op.browser();
    const fields = { ...(await loginFields(browser)), csrf };
    await refused(browser, await browser.fetch("/login", { form: fields }));
  });
}

test("login CSRF: an attacker's form and token do not work in the victim's browser", async () => {
  const attackers = await loginFields(op.browser());
  const fresh = op.browser();
  await refused(fresh, await fresh.fetch("/login", { form: attackers }));
  const visitor = op.browser();
  await visitor.authorize(client);
  await refused(visitor, await visitor.fetch("/login", { form: attackers }));
});

test("a login without any cookie is refused", async () => {
  const fields = await loginFields(op.browser());
  const bare = op.browser();
  await refused(bare, await bare.fetch("/login", { form: fields }));
});

test("a token of one browser with the interaction of another is refused", async () => {
  const [one, other] = [op.browser(), op.browser()];
  const [mine, theirs] = [await loginFields(one), await loginFields(other)];
  await refused(one, await one.fetch("/login", { form: { ...mine, interaction: theirs.interaction } }));
  await refused(one, await one.fetch("/login", { form: { ...mine, csrf: theirs.csrf } }));
});

test("consent needs the token of the signed-in browser", async () => {
  const browser = op.browser();
  const consent = await browser.signIn(await browser.authorize(client), ada);
  const fields = { ...fieldsOf(consent, "approve"), approve: "yes" };
  for (const csrf of [undefined, "", "A".repeat(43)]) {
    const response = await browser.fetch("/consent", { form: { ...fields, csrf } });
    assert.doesNotMatch(response.headers.get("location") ?? "", /[?&#]code=/);
  }
  assert.equal((await op.rows("SELECT * FROM grants WHERE user_id = ?", ada.id)).length, 0);
});

test("an attacker's consent form does nothing in the victim's browser", async () => {
  const [attacker, victim] = [op.browser(), op.browser()];
  const [mallory, bob] = [await op.person(), await op.person()];
  const evil = await op.client({ client_name: "Evil" });
  const consent = await attacker.signIn(await attacker.authorize(evil), mallory);
  await victim.signIn(await victim.authorize(client), bob);
  const fields = { ...fieldsOf(consent, "approve"), approve: "yes" };
  const response = await victim.fetch("/consent", { form: fields });
  assert.doesNotMatch(response.headers.get("location") ?? "", /[?&#]code=/);
  assert.equal((await op.rows("SELECT * FROM grants WHERE user_id = ?", bob.id)).length, 0);
});

test("a consent form of somebody who has since signed out or changed does not count for the next person", async () => {
  const browser = op.browser();
  const [eve, bob] = [await op.person(), await op.person()];
  const other = await op.client();
  const eves = await browser.signIn(await browser.authorize(other), eve);
  await browser.signIn(await browser.authorize(client, { prompt: "login" }), bob);
  await browser.submit(eves, "approve", {}, { button: "approve" });
  assert.equal((await op.rows("SELECT * FROM grants WHERE user_id = ? AND client_id = ?", bob.id, other.id)).length, 0);
});

test("a form with approve and deny at once does not approve", async () => {
  const browser = op.browser();
  const consent = await browser.signIn(await browser.authorize(await op.client()), await op.person());
  const page = await browser.submit(consent, "approve", { approve: "yes", deny: "yes" });
  assert.equal(page.callback?.get("code") ?? null, null);
});
