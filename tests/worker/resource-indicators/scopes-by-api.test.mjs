// A scope is allowed at the API that it was shown for: another API may call something else so (RFC 8707 section 2).

import assert from "node:assert/strict";
import { test } from "node:test";

import { redirectError } from "../support/expect.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const [TODO, BANK] = ["https://todo.acme.test", "https://bank.acme.test"];
const RESOURCES = JSON.stringify({
  [TODO]: { name: "Todo", scopes: { read: "See your to-dos", write: "Change your to-dos" } },
  [BANK]: { name: "Bank", scopes: { read: "See your balance", write: "Send money", "bank:pay": "Send all your money away" } },
});
const op = await startLimen({ vars: { REGISTRATION: "open", RESOURCES } });

/** An app that registered itself, and somebody who has allowed it to change things at Todo and to read at Bank. */
async function allowed() {
  const client = await op.publicClient({ scope: "openid offline_access read write bank:pay" });
  const [ada, browser] = [await op.person(), op.browser()];
  await browser.obtain(client, ada, { scope: "openid write", resource: TODO });
  await browser.obtain(client, ada, { scope: "openid read", resource: BANK });
  return { client, browser, ada };
}

const tokenOf = async (client, grant, form) => claimsOf((await client.tokens(grant, form)).access_token);

test("what was allowed at one API is asked for at another, in its words", async () => {
  const { client, browser, ada } = await allowed();
  const wanted = { scope: "openid write", resource: BANK };
  redirectError(await browser.authorize(client, { ...wanted, prompt: "none" }), "consent_required");
  const page = await browser.authorize(client, wanted);
  assert.match(page.text, /What you allow Send money .*What you allowed earlier/);
  const token = await tokenOf(client, await browser.obtain(client, ada, wanted));
  assert.deepEqual([token.aud, token.scope], [BANK, "openid write"]);
  for (const again of [wanted, { scope: "openid read", resource: BANK }, { scope: "openid write", resource: TODO }]) {
    assert.ok((await browser.authorize(client, { ...again, prompt: "none" })).callback.get("code"), again.resource);
  }
  const { grants } = await op.json(`/admin/api/users/${ada.id}/grants`, { bearer: op.adminToken });
  assert.deepEqual(grants.map(({ resources }) => resources.toSorted()), [[BANK, TODO]], "APIs, and nothing else");
  assert.equal((await browser.open("/account/apps")).status, 200);
});

test("a scope of another API is not asked for where an API is named, so nobody allows it without its words", async () => {
  const client = await op.publicClient({ scope: "openid bank:pay" });
  const [ada, browser] = [await op.person(), op.browser()];
  await browser.obtain(client, ada, { scope: "openid", resource: BANK });
  const page = await browser.authorize(client, { scope: "openid bank:pay", resource: TODO });
  assert.doesNotMatch(page.text, /bank:pay/);
  await browser.obtain(client, ada, { scope: "openid bank:pay", resource: TODO });
  const wanted = { scope: "openid bank:pay", resource: BANK };
  redirectError(await browser.authorize(client, { ...wanted, prompt: "none" }), "consent_required");
  assert.match((await browser.authorize(client, wanted)).text, /Send all your money away/);
});

test("where no API is named, people are told what each of them means by it, and asked where one is new", async () => {
  const { client, browser, ada } = await allowed();
  redirectError(await browser.authorize(client, { scope: "openid write", prompt: "none" }), "consent_required");
  const page = await browser.authorize(client, { scope: "openid write" });
  assert.match(page.text, /Send money/);
  const grant = await browser.obtain(client, ada, { scope: "openid write" });
  assert.equal((await tokenOf(client, grant, { resource: BANK })).scope, "openid write");
});

test("an API that operators declared gives nothing by a name of which nobody was told what it means there", async () => {
  const declared = "https://vault.acme.test";
  const made = await op.admin("/admin/api/apis", { json: { identifier: declared, name: "Vault", scopes: { write: "Empty your vault", open: "Open it" } } });
  assert.equal(made.status, 201, await made.text());
  const client = await op.client({ scope: "openid offline_access write open" });
  const [ada, browser] = [await op.person(), op.browser()];
  for (const resource of [undefined, op.url("/userinfo")]) {
    const tokens = await client.tokens(await browser.obtain(client, ada, { scope: "openid offline_access write open", resource }), { resource: declared });
    const { aud, scope } = claimsOf(tokens.access_token);
    assert.deepEqual([aud, scope.split(" ").toSorted()], [declared, ["offline_access", "openid"]]);
    const again = claimsOf((await (await client.refresh(tokens.refresh_token, { resource: declared })).json()).access_token);
    assert.equal(again.scope, scope);
  }
  const named = await tokenOf(client, await browser.obtain(client, ada, { scope: "openid write", resource: declared }));
  assert.equal(named.scope, "openid write", "whoever names it from the start has its words shown");
});

test("a page that was open while APIs changed allows nothing that it does not say", async () => {
  const own = await startLimen({ vars: { RESOURCES: JSON.stringify({ [TODO]: JSON.parse(RESOURCES)[TODO] }) } });
  const [client, ada, browser] = [await own.client({ scope: "openid write" }), await own.person(), own.browser()];
  const page = await browser.signIn(await browser.authorize(client, { scope: "openid write" }), ada);
  assert.ok(page.text.includes("Change your to-dos") && !page.text.includes("Send money"), page.text);
  await own.redeploy({ RESOURCES });
  const next = await browser.approve(page);
  assert.equal(next.callback, null, "asked anew, or refused");
  assert.deepEqual(await own.rows("SELECT id FROM grants WHERE user_id = ?", ada.id), []);
});

test("what was allowed before pairs were remembered is asked for once more", async () => {
  const { client, browser, ada } = await allowed();
  await op.db.prepare("UPDATE grants SET resources = ? WHERE user_id = ?").bind(JSON.stringify([TODO, BANK]), ada.id).run();
  const wanted = { scope: "openid read", resource: BANK };
  assert.ok((await browser.authorize(client, wanted)).asksForConsent);
  await browser.obtain(client, ada, wanted);
  assert.ok((await browser.authorize(client, { ...wanted, prompt: "none" })).callback.get("code"));
});
