// Apps at the console: found, set up, changed, and what their tokens would say.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { MAIL_VARS } from "../support/mail.mjs";
import { operator } from "./support.mjs";

const op = await startLimen();
const audit = async (query) => (await op.json(`/admin/api/audit?${query}`, { bearer: op.adminToken })).events;
const at = (client) => `/admin/apps/${encodeURIComponent(client.id ?? client)}`;
const registered = (id) => op.json(`/register/${id}`, { bearer: op.adminToken });
const csrfOf = (page) => /name="csrf" value="([^"]+)"/.exec(page.html)[1];

describe("apps", () => {
  test("described by their own document are shown, and changed by nobody here", async () => {
    const id = "https://app.acme.test/client.json";
    const metadata = JSON.stringify({ redirect_uris: ["https://app.acme.test/cb"], client_name: "Described", token_endpoint_auth_method: "none" });
    await op.rows("INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at, document_fresh_until) VALUES (?, 1, ?, 'none', 1, 1, 9999999999)", id, metadata);
    const one = await operator(op, "apps");
    const page = await one.open(at(id));
    assert.equal(page.status, 200);
    assert.match(page.text, /The document at its client ID describes this app/);
    assert.ok(!page.has("save") && !page.has("renew"));
    const csrf = csrfOf(await one.browser.open("/account/profile"));
    assert.equal((await one.browser.fetch(at(id), { form: { csrf, do: "off" } })).status, 400);
    op.clock.advance({ minutes: 11 });
    const stale = await one.browser.fetch(at(id), { form: { csrf, do: "off" } });
    assert.equal(stale.headers.get("location"), `/login?page=${at(id).slice(1).replaceAll("%", "%25")}`);
    const again = await one.confirm(await one.open(stale.headers.get("location")));
    assert.equal(new URL(again.url).pathname, at(id), "and back to the very page");
  });

  test("are found by name or id, a page at a time, and open to those who may read apps", async () => {
    const own = await startLimen();
    const one = await operator(own, "apps");
    for (let n = 0; n < 52; n++) await own.client({ client_name: `Zeta ${n}` });
    const other = await own.client({ client_name: "<b>Alpha</b>" });
    const first = await one.open("/admin/apps?search=zeta");
    assert.equal(first.html.match(/href="\/admin\/apps\/[\w-]+"><span/g).length, 50);
    const { href } = first.elements("a").find(({ id }) => id === "next");
    assert.equal((await one.open(href)).html.match(/href="\/admin\/apps\/[\w-]+"><span/g).length, 2);
    const alpha = await one.open(`/admin/apps?search=${other.id}`);
    assert.match(alpha.text, /<b>Alpha<\/b>/);
    assert.doesNotMatch(alpha.html, /<b>/);
    assert.match((await one.open("/admin/apps?search=nothing")).text, /No app was found/);
    for (const [role, status] of [["owner", 200], ["apps", 200], ["read_only", 200], ["people", 403], ["auditor", 403]]) {
      const each = await operator(own, role);
      for (const path of ["/admin/apps", `/admin/apps/${other.id}`]) assert.equal((await each.open(path)).status, status, `${role} ${path}`);
    }
  });

  test("are set up with what their library needs, the secret for once, and a sign-in to try", async () => {
    const one = await operator(op, "apps");
    const page = await one.open("/admin/apps/new");
    const typed = { client_name: "Wiki", kind: "web", redirect_uris: "https://wiki.acme.test/cb\r\nhttps://wiki.acme.test/cb2" };
    const made = await one.browser.submit(page, "make", typed);
    assert.equal(made.status, 200);
    const id = /id="client-id"><code>([^<]+)</.exec(made.html)[1];
    const secret = /id="secret"><code>([^<]+)</.exec(made.html)[1];
    assert.match(made.text, /openid-client/);
    assert.ok(made.text.includes(`OIDC_CLIENT_ID=${id}`) && made.text.includes(`OIDC_CLIENT_SECRET=${secret}`));
    const { redirect_uris: addresses, client_secret: told } = await registered(id);
    assert.deepEqual([addresses, told], [["https://wiki.acme.test/cb", "https://wiki.acme.test/cb2"], undefined]);
    assert.doesNotMatch((await one.open(at(id))).html, new RegExp(secret));
    const [event] = await audit(`client=${id}&event=client_registered`);
    assert.deepEqual([event.actor, event.operator_user_id], ["operator", one.person.id]);

    const trial = made.elements("a").find(({ id }) => id === "test").href;
    const ada = await op.person();
    const browser = op.browser();
    const end = await browser.complete(await browser.open(trial), ada);
    assert.ok(end.callback.get("code"));
    const basic = Buffer.from(`${id}:${secret}`).toString("base64");
    const redeemed = await op.fetch("/token", {
      form: { grant_type: "authorization_code", code: end.callback.get("code"), redirect_uri: addresses[0], code_verifier: "x".repeat(43) },
      headers: { authorization: `Basic ${basic}` },
    });
    assert.equal((await redeemed.json()).error, "invalid_grant", "the secret is right, and nobody has the verifier");
  });

  test("that cannot be are explained, and what was typed is there", async () => {
    const one = await operator(op, "apps");
    const page = await one.open("/admin/apps/new");
    const { n } = (await op.rows("SELECT COUNT(*) AS n FROM clients"))[0];
    const wrong = await one.browser.submit(page, "make", { client_name: 'My "app"', kind: "web", redirect_uris: "http://plain.example/cb" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.alert, /^Redirect addresses: /);
    assert.match(wrong.html, /value="My &#34;app&#34;"/);
    assert.match(wrong.html, /http:\/\/plain\.example\/cb<\/textarea>/);
    assert.equal((await op.rows("SELECT COUNT(*) AS n FROM clients"))[0].n, n);
  });

  test("are changed as the form says, all of it", async () => {
    const one = await operator(op, "owner");
    const client = await op.client({ client_name: "Notes" });
    const { id: group } = await (await op.admin("/admin/api/groups", { json: { name: "Writers" } })).json();
    const redirect_uris = "https://app.acme.test/callback";
    const save = (page, fields) => one.browser.submit(page, "save", { redirect_uris, ...fields }, { button: "save" });
    const page = await one.open(at(client));
    const more = await save(page, { post_logout_redirect_uris: "https://app.acme.test/bye", roles_claim: "resource_access notes roles" });
    const { post_logout_redirect_uris, roles_claim } = await registered(client.id);
    assert.deepEqual([post_logout_redirect_uris, roles_claim], [["https://app.acme.test/bye"], ["resource_access", "notes", "roles"]]);
    assert.match(more.html, /value="resource_access notes roles"/);
    assert.match(more.html, /https:\/\/app\.acme\.test\/bye<\/textarea>/);
    const refused = await save(more, { roles_claim: "sub" });
    assert.deepEqual([refused.status, /^Claim for roles: /.test(refused.alert), /value="sub"/.test(refused.html)], [400, true, true]);
    const none = await save(more, { roles_claim: "" });
    assert.deepEqual([none.status, (await registered(client.id)).roles_claim], [200, undefined]);
    const saved = await save(none, { consent: "never", group, access_token_lifetime: "300", client_name: "Notes 2", acr: "mfa" });
    assert.match(saved.html, /Saved\./);
    const now = await registered(client.id);
    assert.deepEqual(
      [now.client_name, now.consent, now.allowed_groups, now.access_token_lifetime, now.required_acr],
      ["Notes 2", "never", [group], 300, "mfa"],
    );
    assert.match(saved.html, new RegExp(`value="${group}" checked`));
    assert.match(saved.html, /value="mfa" selected/);
    const back = await save(saved, { access_token_lifetime: "", acr: "", consent: "" });
    assert.equal(back.status, 200);
    const then = await registered(client.id);
    assert.deepEqual([then.consent, then.allowed_groups, then.access_token_lifetime, then.required_acr], Array(4).fill(undefined));
    const asked = await save(back, { consent: "always" });
    assert.deepEqual([(await registered(client.id)).consent, /value="always" selected/.test(asked.html)], ["always", true]);
    assert.equal((await save(asked, { consent: "sometimes" })).status, 400);
    const wrong = await save(await one.open(at(client)), { id_token_lifetime: "soon", client_name: "Typed" });
    assert.deepEqual([wrong.status, /number of seconds/.test(wrong.alert), /value="soon"/.test(wrong.html)], [400, true, true]);
    assert.match(wrong.html, /value="Typed"/);
    const [event] = await audit(`client=${client.id}&event=client_changed`);
    assert.equal(event.operator_user_id, one.person.id);
  });

  test("that somebody else has changed since are not changed back", async () => {
    const one = await operator(op, "apps");
    const client = await op.client({ client_name: "Drafts" });
    const page = await one.open(at(client));
    await op.fetch(`/register/${client.id}`, { method: "PATCH", bearer: op.adminToken, json: { client_name: "Drafts of ours" } });
    const late = await one.browser.submit(page, "save", { redirect_uris: "https://app.acme.test/callback" }, { button: "save" });
    assert.equal(late.status, 400);
    assert.match(late.alert, /was changed since this page/);
    assert.equal((await registered(client.id)).client_name, "Drafts of ours");
    const again = await one.browser.submit(late, "save", { redirect_uris: "https://app.acme.test/callback" }, { button: "save" });
    assert.equal(again.status, 400, "what was typed still belongs to the page of before");
  });

  test("keep what the form does not choose, and who may not see groups changes none", async () => {
    const one = await operator(op, "owner");
    const client = await op.client({ default_acr_values: ["urn:own"], groups_claim: "groups" });
    const page = await one.open(at(client));
    const saved = await one.browser.submit(page, "save", { redirect_uris: "https://app.acme.test/callback" }, { button: "save" });
    assert.equal(saved.status, 200);
    const { default_acr_values: values, groups_claim: claim } = await registered(client.id);
    assert.deepEqual([values, claim], [["urn:own"], "groups"]);
  });

  test("are switched off and on, after it was said what that does", async () => {
    const one = await operator(op, "apps");
    const client = await op.client();
    const page = await one.open(at(client));
    assert.match(page.text, /its tokens count for nothing until it is switched on again/);
    const off = await one.browser.submit(page, "off", {}, { button: "off" });
    assert.equal((await registered(client.id)).disabled, true);
    assert.match(off.text, /Switched off: nobody can use it/);
    await one.browser.submit(off, "on", {}, { button: "on" });
    assert.equal((await registered(client.id)).disabled, undefined);
  });

  test("keep the registration access token that their maker has, and the audit names what was changed", async () => {
    const one = await operator(op, "apps");
    const json = { client_name: "Managed", redirect_uris: ["https://managed.acme.test/cb"] };
    const { client_id: id, registration_access_token: token } = await (await op.admin("/register", { json })).json();
    const off = await one.browser.submit(await one.open(at(id)), "off", {}, { button: "off" });
    const on = await one.browser.submit(off, "on", {}, { button: "on" });
    await one.browser.submit(on, "save", { client_name: "Managed 2", redirect_uris: json.redirect_uris[0] }, { button: "save" });
    assert.equal((await op.json(`/register/${id}`, { bearer: token })).client_name, "Managed 2");
    const changed = (await audit(`client=${id}&event=client_changed`)).map(({ detail }) => detail.changed);
    assert.deepEqual(changed, [["client_name"], ["disabled"], ["disabled"]]);
    const unsure = await one.browser.submit(await one.open(at(id)), "delete", {}, { button: "delete" });
    assert.deepEqual([unsure.status, unsure.alert], [400, "nothing was deleted: tick that you are sure"]);
    assert.deepEqual(await audit(`client=${id}&event=client_deleted`), []);
    await one.browser.submit(unsure, "delete", { sure: "yes" }, { button: "delete" });
    assert.deepEqual((await audit(`client=${id}&event=client_deleted`))[0].detail, { client_name: "Managed 2" });
  });

  test("get a new secret beside the one before, and are deleted", async () => {
    const one = await operator(op, "apps");
    const client = await op.client();
    const before = await client.tokens(await op.browser().obtain(client, await op.person()));
    assert.ok(before.access_token);
    const page = await one.open(at(client));
    const renewed = await one.browser.submit(page, "renew", {}, { button: "renew" });
    const secret = /id="secret"><code>([^<]+)</.exec(renewed.html)[1];
    const token = (value) =>
      op.fetch("/token", { form: { grant_type: "refresh_token", refresh_token: "x" }, headers: { authorization: `Basic ${Buffer.from(`${client.id}:${value}`).toString("base64")}` } });
    assert.equal((await (await token(secret)).json()).error, "invalid_grant");
    assert.equal((await (await token(client.secret)).json()).error, "invalid_grant", "for a day");
    assert.equal((await (await token("wrong")).json()).error, "invalid_client");
    const twice = await one.browser.submit(page, "renew", {}, { button: "renew" });
    assert.deepEqual([twice.status, /was changed since this page/.test(twice.alert)], [400, true], "a form that is sent twice");
    for (const alive of [secret, client.secret]) assert.equal((await (await token(alive)).json()).error, "invalid_grant", "both still work");
    for (const what of ["off", "renew", "delete"]) {
      const late = await one.browser.submit(page, what, {}, { button: what });
      assert.equal(late.status, 400, what);
    }
    const deleted = await one.browser.submit(await one.open(at(client)), "delete", { sure: "yes" }, { button: "delete" });
    assert.match(deleted.html, /Deleted\./);
    assert.equal((await one.open(at(client))).status, 404);
  });

  test("are changed by those who may, with a proof, just after a sign-in", async () => {
    const client = await op.client();
    for (const role of ["people", "read_only", "auditor"]) {
      const one = await operator(op, role);
      const csrf = csrfOf(await one.browser.open("/account/profile"));
      for (const path of [at(client), "/admin/apps/new"]) {
        for (const what of ["save", "off", "renew", "delete"]) {
          assert.equal((await one.browser.fetch(path, { form: { csrf, do: what } })).status, 403, `${role} ${path}`);
        }
      }
      assert.equal((await one.open("/admin/apps/new")).status, 403);
    }
    const one = await operator(op, "apps");
    assert.equal((await one.browser.fetch(at(client), { form: { csrf: "x", do: "delete" } })).status, 403);
    const csrf = csrfOf(await one.browser.open("/account/profile"));
    assert.equal((await one.browser.fetch(at(client), { form: { csrf, do: "x" } })).status, 400);
    assert.equal((await one.browser.fetch("/admin/apps/nothing", { form: { csrf, do: "delete" } })).status, 404);
    assert.equal((await one.open("/admin/apps/nothing")).status, 404);
    op.clock.advance({ minutes: 11 });
    for (const path of [at(client), "/admin/apps/new"]) {
      const stale = await one.browser.fetch(path, { form: { csrf, do: "delete" } });
      assert.deepEqual([stale.status, stale.headers.get("location")], [303, `/login?page=${path.slice(1)}`]);
    }
    assert.equal((await registered(client.id)).client_id, client.id);
  });
});

describe("the preview", () => {
  test("says what tokens then say, and makes none", async () => {
    const one = await operator(op, "owner");
    const ada = await op.person({ nickname: "Countess" });
    const { id: group } = await (await op.admin("/admin/api/groups", { json: { name: "Staff" } })).json();
    await op.admin(`/admin/api/groups/${group}/members/${ada.id}`, { method: "PUT" });
    const client = await op.client({ roles_claim: "roles", access_token_claims: true, id_token_claims: true, scope: "openid profile groups" });
    await op.admin(`/admin/api/clients/${client.id}/roles`, { json: { add: [{ role: "editor", user: ada.id }] } });
    const rows = async () => (await op.rows("SELECT (SELECT COUNT(*) FROM token_families) + (SELECT COUNT(*) FROM codes) + (SELECT COUNT(*) FROM audit) AS n"))[0].n;
    const before = await rows();
    const page = await one.open(`${at(client)}/preview?person=${ada.username.toUpperCase()}&scope=openid+profile+email+groups`);
    assert.equal(await rows(), before);
    const shown = (id) => JSON.parse(new RegExp(`<pre id="${id}"><code>(.*?)</code>`, "s").exec(page.html)[1].replaceAll("&#34;", '"').replaceAll("&#39;", "'"));

    const tokens = await client.tokens(await op.browser().obtain(client, ada, { scope: "openid profile email groups" }));
    const stable = ({ iat, exp, jti, nonce, at_hash, auth_time, sid, family, amr, acr, updated_at, ...rest }) => rest;
    assert.deepEqual(stable(shown("id_token")), stable(claimsOf(tokens.id_token)));
    assert.deepEqual(stable(shown("access_token")), stable(claimsOf(tokens.access_token)));
    const userinfo = await op.json("/userinfo", { bearer: tokens.access_token });
    assert.deepEqual(stable(shown("userinfo")), stable(userinfo));
    const basic = Buffer.from(`${client.id}:${client.secret}`).toString("base64");
    const introspected = await op.fetch("/introspect", { form: { token: tokens.access_token }, headers: { authorization: `Basic ${basic}` } });
    assert.deepEqual(stable(shown("introspection")), stable(await introspected.json()));
    assert.equal(shown("id_token").email, undefined, "the app registered no such scope");
    assert.deepEqual(shown("access_token").roles, ["editor"]);
  });

  test("tells where nobody is found and where the app is closed, and is for those who may see people", async () => {
    const one = await operator(op, "owner");
    const ada = await op.person();
    const { id: group } = await (await op.admin("/admin/api/groups", { json: { name: "Board" } })).json();
    const client = await op.client({ allowed_groups: [group] });
    const preview = (query = "") => one.open(`${at(client)}/preview${query}`);
    assert.equal((await preview()).elements("pre").length, 0);
    assert.match((await preview("?person=nobody")).text, /There is no such person/);
    assert.match((await preview(`?person=${ada.email}`)).text, /not open to this person/);
    await op.admin(`/admin/api/groups/${group}/members/${ada.id}`, { method: "PUT" });
    assert.doesNotMatch((await preview(`?person=${ada.email}`)).text, /not open to this person/);
    const found = await preview(`?person=${ada.email}`);
    assert.ok(found.html.includes(`<code>${ada.id}</code>`) && found.text.includes(ada.username));
    const wrong = await preview(`?person=${ada.username}&scope=a%22b`);
    assert.deepEqual([wrong.status, wrong.has("show"), wrong.html.includes(`value="${ada.username}"`)], [400, true, true]);
    for (const query of ["?x=1", "?person=a&person=b", "?person=a&scope=%22"]) assert.ok([200, 400].includes((await preview(query)).status), query);
    for (const role of ["apps", "people", "auditor"]) {
      const each = await operator(op, role);
      const refused = await each.open(`${at(client)}/preview?person=${ada.username}`);
      assert.deepEqual([refused.status, /<pre/.test(refused.html)], [403, false], role);
    }
  });

  test("finds nobody by an address that nobody confirmed, where mails are sent", async () => {
    const own = await startLimen({ vars: MAIL_VARS });
    const one = await operator(own, "owner");
    const client = await own.client();
    await own.person({ email: "boss@acme.test", email_verified: false });
    assert.match((await one.open(`${at(client)}/preview?person=boss@acme.test`)).text, /There is no such person/);
  });
});

describe("the secrets of an app", () => {
  const secretsOf = async (client) => (await op.json(`/admin/api/clients/${client.id}/secrets`, { bearer: op.adminToken })).secrets;

  test("are listed, added for once, and removed, by those who may change apps", async () => {
    const one = await operator(op, "apps");
    const client = await op.client({ client_name: "Notes" });
    const app = await one.open(at(client));
    const { href } = app.elements("a").find(({ id }) => id === "secrets");
    assert.equal(href, `${at(client)}/secrets`);
    const page = await one.open(href);
    assert.match(page.text, /Secret of the registration/);
    assert.ok(!page.html.includes('name="remove"'), "the only one stays");
    const made = await one.browser.submit(page, "add", { name: "Two", days: "30" }, { button: "add" });
    const secret = /id="secret"><code>([^<]+)</.exec(made.html)[1];
    const basic = Buffer.from(`${client.id}:${secret}`).toString("base64");
    const proof = () => op.fetch("/introspect", { form: { token: "x" }, headers: { authorization: `Basic ${basic}` } });
    assert.equal((await proof()).status, 200);
    const then = await one.open(href);
    assert.ok(!then.html.includes(secret));
    assert.match(then.text, /Two/);
    const again = await one.browser.fetch(href, { form: { csrf: csrfOf(page), do: "add", name: "Three", version: "1" } });
    assert.equal(again.status, 400, "a form of before");
    const two = (await secretsOf(client)).find(({ name }) => name === "Two");
    const removed = await one.browser.fetch(href, { form: { csrf: csrfOf(page), remove: two.id } });
    assert.ok(removed.headers.get("location").startsWith(`${href}?done=removed`));
    assert.deepEqual([(await proof()).status, (await secretsOf(client)).length], [401, 1]);
    const [event] = await audit(`client=${client.id}&event=client_secret_removed`);
    assert.equal(event.operator_user_id, one.person.id);
  });

  test("are explained where they cannot be, and shown to readers without a form", async () => {
    const one = await operator(op, "owner");
    const client = await op.client();
    const page = await one.open(`${at(client)}/secrets`);
    const wrong = await one.browser.submit(page, "add", { name: "", days: "x" }, { button: "add" });
    assert.deepEqual([wrong.status, /Valid for so many days: must be a whole number from 1 to 3650/.test(wrong.alert), /value="x"/.test(wrong.html)], [400, true, true]);
    const [{ id }] = await secretsOf(client);
    const kept = await one.browser.fetch(`${at(client)}/secrets`, { form: { csrf: csrfOf(page), remove: id } });
    assert.equal(kept.status, 400);
    const reader = await operator(op, "read_only");
    const seen = await reader.open(`${at(client)}/secrets`);
    assert.deepEqual([seen.status, seen.has("add")], [200, false]);
    const open = await op.publicClient();
    assert.equal((await one.open(`${at(open)}/secrets`)).status, 404);
    assert.ok(!(await one.open(at(open))).html.includes('id="secrets"'));
  });
});
