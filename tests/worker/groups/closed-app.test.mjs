// An app that only the people of certain groups may use.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { change, groupOf } from "./support.mjs";

const op = await startLimen({ vars: { SUPPORT_CONTACT: "help@acme.test", FRONT_CHANNEL_TOKENS: "on" } });
const patch = (client, json) => op.admin(`/register/${client.id}`, { method: "PATCH", json });

/** An app for a group, somebody of the group and somebody else. */
async function closedApp(metadata = {}) {
  const [member, stranger] = [await op.person(), await op.person()];
  const group = await groupOf(op, [member]);
  return { client: await op.client({ allowed_groups: [group.id], ...metadata }), group, member, stranger };
}

async function refused(response) {
  const body = await response.json();
  assert.equal(response.status, 400);
  assert.equal(body.error, "invalid_grant");
  return body.error_description;
}

describe("whoever is not in the group", () => {
  test("is told so, and whom to ask, and goes back to the app with access_denied", async () => {
    const { client, stranger } = await closedApp();
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(client), stranger);
    assert.equal(page.status, 403);
    assert.match(page.text, /Acme Notes is not open to you/);
    assert.match(page.html, /href="mailto:help%40acme%2Etest"/);
    assert.ok(!page.asksForConsent && !page.html.includes("code="));
    const back = await browser.deny(page);
    assert.equal(back.callback.get("error"), "access_denied");
    assert.equal(back.callback.get("error_description"), "the operator has not opened this client to the person");
    assert.equal(back.callback.get("state"), page.request.params.state);
    const [event] = await op.rows("SELECT * FROM audit WHERE event = 'app_refused' AND user_id = ?", stranger.id);
    assert.deepEqual([event.client_id, event.outcome], [client.id, "failure"]);
  });

  test("is told so where no contact is known, and the app learns it by a signed answer too", async () => {
    const at = await startLimen();
    const [stranger, group] = [await at.person(), await groupOf(at)];
    const browser = at.browser();
    const client = await at.client({ allowed_groups: [group.id] });
    const page = await browser.signIn(await browser.authorize(client, { response_mode: "jwt" }), stranger);
    assert.match(page.text, /people who run this site can let you in/);
    const back = await browser.deny(page);
    const { error, error_description } = claimsOf(back.callback.get("response"));
    assert.deepEqual([error, error_description], ["access_denied", "the operator has not opened this client to the person"]);
  });

  test("is told that the app is switched off where it is for nobody, in their language", async () => {
    const [client, ada] = [await op.client({ disabled: true }), await op.person()];
    for (const [language, heading, why] of [
      ["en", "Acme Notes is switched off here", "nobody can use it for now"],
      ["de", "Acme Notes ist hier abgeschaltet", "kann sie zurzeit niemand nutzen"],
      ["fr", "Acme Notes est désactivée ici", "personne ne peut l’utiliser"],
      ["es", "Acme Notes está desactivada aquí", "por ahora nadie puede usarla"],
    ]) {
      const browser = op.browser();
      const page = await browser.signIn(await browser.authorize(client, { ui_locales: language }), ada);
      assert.equal(page.status, 403);
      assert.ok(page.text.includes(heading) && page.text.includes(why), page.text);
      assert.doesNotMatch(page.text, /let you in|certain people/);
      assert.match(page.html, /id="contact" href="mailto:help%40acme%2Etest"/);
      assert.equal((await browser.deny(page)).callback.get("error"), "access_denied");
    }
  });

  test("gets access_denied in silence, if they have allowed the app something", async () => {
    const { client, stranger } = await closedApp();
    const [browser, silent] = [op.browser(), { prompt: "none" }];
    await browser.signIn(await browser.open("/account"), stranger);
    const fresh = await browser.authorize(client, silent);
    assert.equal(fresh.callback.get("error"), "consent_required", "of others it learns nothing, nor whether they are in a group");
    const before = await op.client();
    await browser.obtain(before, stranger);
    await patch(before, { allowed_groups: client.registered.allowed_groups });
    const consented = await browser.authorize(before, silent);
    assert.equal(consented.callback.get("error"), "access_denied");
    assert.ok(!consented.callback.has("code"));
  });

  test("cannot allow the app what it asks for by a form of their own", async () => {
    const { client, stranger } = await closedApp();
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(client), stranger);
    const forged = await browser.submit(page, "deny", { approve: "yes" });
    assert.equal(forged.callback.get("error"), "access_denied");
    assert.deepEqual(await op.rows("SELECT * FROM grants WHERE client_id = ?", client.id), []);
  });

  test("may use another account", async () => {
    const { client, member, stranger } = await closedApp();
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(client), stranger);
    const other = await browser.submit(page, "deny", {}, { button: "switch" });
    other.request = page.request;
    assert.ok(other.asksForPassword);
    const done = await browser.complete(other, member);
    assert.ok(done.callback.get("code"));
  });

  test("is refused whatever the response type, and where nothing was asked of D1 before", async () => {
    const types = ["code", "id_token", "id_token token", "code id_token"];
    const { client, group, member } = await closedApp({ grant_types: ["authorization_code", "implicit"], response_types: types });
    const browser = op.browser();
    for (const response_type of types) await browser.complete(await browser.authorize(client, { response_type }), member);
    for (const response_type of types) assert.ok((await browser.authorize(client, { response_type })).callback, response_type);
    await change(op, group, { remove: [member] });
    for (const response_type of types) {
      const page = await browser.authorize(client, { response_type });
      assert.equal(page.status, 403, response_type);
    }
    assert.deepEqual(await op.rows("SELECT c.hash FROM codes c WHERE c.client_id = ? AND c.issued_at > ?", client.id, 1e12), []);
  });

  test("is refused between the look at them and the answer", async () => {
    const { client, member } = await closedApp();
    const browser = op.browser();
    await browser.obtain(client, member);
    const meanwhile = { before: "INSERT INTO codes", run: `DELETE FROM group_members WHERE user_id = '${member.id}'` };
    const page = await browser.authorize(client, {}, { d1: { meanwhile } });
    assert.ok(!page.callback, "no code was stored");
  });
});

describe("who leaves the group", () => {
  test("does not get tokens for the code that they have, which is told apart from a stranger's", async () => {
    const { client, group, member } = await closedApp();
    const grant = await op.browser().obtain(client, member);
    await change(op, group, { remove: [member] });
    assert.match(await refused(await client.redeem(grant)), /may not use this client/);
    assert.match(await refused(await (await op.client()).redeem(grant)), /not valid/);
    await change(op, group, { add: [member] });
    assert.ok((await client.tokens(grant)).access_token, "the refusal has not used the code up");
  });

  test("cannot refresh, and can again once they are back", async () => {
    const { client, group, member } = await closedApp();
    const tokens = await client.tokens(await op.browser().obtain(client, member));
    await change(op, group, { remove: [member] });
    assert.match(await refused(await client.refresh(tokens.refresh_token)), /may not use this client/);
    assert.deepEqual(await client.introspect(tokens.refresh_token), { active: false });
    await change(op, group, { add: [member] });
    assert.equal((await client.introspect(tokens.refresh_token)).active, true);
    assert.ok((await client.refreshed(tokens.refresh_token)).access_token);
  });
});

describe("an app", () => {
  test("is closed to those who used it from the moment on, and opened again", async () => {
    const [client, ada, group] = [await op.client(), await op.person(), await groupOf(op)];
    const browser = op.browser();
    const tokens = await client.tokens(await browser.obtain(client, ada));
    const outstanding = await browser.obtain(client, ada);
    assert.equal((await patch(client, { allowed_groups: [group.id] })).status, 200);
    assert.equal((await browser.authorize(client)).status, 403);
    await refused(await client.refresh(tokens.refresh_token));
    await refused(await client.redeem(outstanding));
    const opened = await (await patch(client, { allowed_groups: null })).json();
    assert.ok(!("allowed_groups" in opened));
    assert.ok((await browser.authorize(client)).callback.get("code"));
    assert.ok((await client.refreshed(tokens.refresh_token)).access_token);
  });

  test("for a group that is deleted is for nobody", async () => {
    const { client, group, member } = await closedApp();
    await op.admin(`/admin/api/groups/${group.id}`, { method: "DELETE" });
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(client), member);
    assert.equal(page.status, 403);
    // It may be changed all the same.
    assert.equal((await patch(client, { client_name: "Acme" })).status, 200);
  });

  test("is for groups that there are, and for one at least", async () => {
    const json = { redirect_uris: ["https://a.acme.test/cb"] };
    for (const allowed_groups of [["nothing"], [], "everybody", [7], Array.from({ length: 51 }, (_, n) => `${n}`)]) {
      const response = await op.admin("/register", { json: { ...json, allowed_groups } });
      assert.equal(response.status, 400, JSON.stringify(allowed_groups));
      assert.match((await response.json()).error_description, /^allowed_groups/);
    }
  });

  test("is told which id is no group's, which claim is reserved, and which user or group there is not", async () => {
    const [client, group] = [await op.client(), await groupOf(op)];
    const why = async (path, init) => (await (await op.admin(path, init)).json()).error_description;
    const wanted = (json) => why(`/register/${client.id}`, { method: "PATCH", json });
    assert.equal(await wanted({ allowed_groups: [group.id, "Staff"] }), "allowed_groups has Staff, which is no group's: it takes ids of groups, not their names");
    assert.match(await wanted({ allowed_groups: ["a b"] }), /^allowed_groups has an id, which is no group's/);
    const reserved = "which is reserved: Limen or a specification says something else by it; choose another name";
    assert.equal(await wanted({ own_claims: [{ claim: "tier", value: 1 }, { claim: "email", value: "x" }] }), `own_claims [1] has email, ${reserved}`);
    assert.equal(await wanted({ roles_claim: ["sub", "roles"] }), `roles_claim has sub, ${reserved}`);
    assert.match(await wanted({ own_claims: [{ claim: "a", template: "{" }] }), /^own_claims is wrong at \[0\], counted from 0: it must be a list/);
    const ada = await op.person();
    assert.equal(await why(`/admin/api/groups/${group.id}/members`, { json: { add: [ada.id, "grace"] } }), "there is no user grace");
    assert.equal(await why(`/admin/api/clients/${client.id}/roles`, { json: { add: [{ role: "editor", group: "staff" }] } }), "there is no group staff");
    assert.match(
      await why(`/admin/api/clients/${client.id}`, { method: "PATCH", json: { roles_claim: "roles" } }),
      /^roles_claim is no member here; the members are notes, accent_color and launch_uri; .* PATCH \/register\/\{client_id\}/,
    );
  });

  test("for several groups is for the people of each", async () => {
    const [ada, grace, client] = [await op.person(), await op.person(), await op.client()];
    const [one, two] = [await groupOf(op, [ada]), await groupOf(op, [grace])];
    await patch(client, { allowed_groups: [one.id, two.id] });
    for (const person of [ada, grace]) assert.ok((await op.browser().obtain(client, person)).code);
  });
});
