// APIs at the console: found, declared, changed, their credentials, and what an app may ask for.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { decodeEntities } from "../support/html.mjs";
import { startLimen } from "../support/limen.mjs";
import { operator } from "./support.mjs";

const VARIABLE = "https://variable.acme.test";
const op = await startLimen({ vars: { RESOURCES: JSON.stringify({ [VARIABLE]: { name: "Of the variable", scopes: { "var:read": "Read" } } }) } });
let made = 0;

const fresh = () => `https://console-${++made}.acme.test`;
const declare = async (json = {}) => op.json("/admin/api/apis", { json: { identifier: fresh(), name: `API ${made}`, ...json }, bearer: op.adminToken });
const read = ({ id }) => op.json(`/admin/api/apis/${id}`, { bearer: op.adminToken });
const at = ({ id }) => `/admin/apis/${id}`;
const csrfOf = async (browser) => /name="csrf" value="([^"]+)"/.exec((await browser.open("/account/profile")).html)[1];
const versionOf = (page) => /name="version" value="([^"]+)"/.exec(page.html)[1];
/** What the fields of the form say that the page does not send by itself here: of lines, choices and lists. */
const shownIn = ({ html }) => ({
  ...Object.fromEntries([...html.matchAll(/<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)<\/textarea>/g)].map(([, name, text]) => [name, decodeEntities(text)])),
  ...Object.fromEntries([...html.matchAll(/<input[^>]* name="([^"]+)" type="radio" value="([^"]+)" checked/g)].map(([, name, value]) => [name, value])),
  ...Object.fromEntries([...html.matchAll(/<select[^>]* name="([^"]+)"[\s\S]*?<option value="([^"]*)" selected/g)].map(([, name, value]) => [name, value])),
});
const told = (answer) => /done=(\w+)\./.exec(answer.headers.get("location"))?.[1];

test("APIs are listed and searched, with those of the variable, by those who may read them", async () => {
  const api = await declare({ name: "Findable" });
  for (const [role, status] of [["owner", 200], ["apps", 200], ["read_only", 200], ["auditor", 403], ["people", 403]]) {
    assert.equal((await (await operator(op, role)).open("/admin/apis")).status, status, role);
  }
  const one = await operator(op, "apps");
  const page = await one.open("/admin/apis");
  assert.match(page.text, new RegExp(`In the variable RESOURCES .*Of the variable.*${VARIABLE}`));
  const found = await one.open("/admin/apis?search=FINDABLE");
  assert.match(found.html, new RegExp(`href="${at(api)}"`));
  assert.match((await one.open("/admin/apis?search=nothing")).text, /No API was found/);
  for (const query of ["x=1", "search=a&search=b"]) assert.equal((await one.open(`/admin/apis?${query}`)).status, 400, query);
});

describe("an API", () => {
  test("is declared, changed and deleted, under the name of who did it", async () => {
    const one = await operator(op, "apps");
    const client = await op.client({ client_name: "Reader of files" });
    const identifier = fresh();
    const typed = {
      identifier,
      name: " Acme Files ",
      scopes: "files:read Read your files | Names and contents\nfiles:read#de Deine Dateien lesen\nfiles:write Change your files",
      open_to: "named_apps",
      apps: `${client.id} files:read`,
      token_signing_alg: "ES256",
      access_token_lifetime: "120",
    };
    const there = await one.browser.submit(await one.open("/admin/apis/new"), "save", typed, { button: "save" });
    assert.match(there.html, /Added\./);
    const id = new URL(there.url).pathname.split("/").at(-1);
    assert.match(there.text, /Reader of files/);
    const now = await read({ id });
    assert.deepEqual(now.scopes["files:read"], { "title": "Read your files", "title#de": "Deine Dateien lesen", "description": "Names and contents" });
    assert.deepEqual([now.identifier, now.name, now.open_to, now.apps], [identifier, "Acme Files", "named_apps", { [client.id]: { scopes: ["files:read"] } }]);
    const same = await one.browser.submit(there, "save", shownIn(there), { button: "save" });
    assert.match(same.html, /Saved\./);
    assert.deepEqual({ ...(await read({ id })), updated_at: 0 }, { ...now, updated_at: 0 }, "what is shown means what is so");
    const saved = await one.browser.submit(same, "save", { scopes: "", apps: "", token_format: "opaque", token_signing_alg: "", access_token_lifetime: "" }, { button: "save" });
    const after = await read({ id });
    assert.deepEqual([after.scopes, after.apps, after.token_format, after.access_token_lifetime], [{}, {}, "opaque", null]);
    const unsure = await one.browser.submit(saved, "delete", {}, { button: "delete" });
    assert.deepEqual([unsure.status, unsure.alert], [400, "nothing was deleted: tick that you are sure"]);
    const gone = await one.browser.submit(unsure, "delete", { sure: "yes" }, { button: "delete" });
    assert.deepEqual([new URL(gone.url).pathname, /Deleted\./.test(gone.html)], ["/admin/apis", true]);
    assert.equal((await one.open(at({ id }))).status, 404);
    for (const event of ["api_created", "api_changed", "api_deleted"]) {
      const { events } = await op.json(`/admin/api/audit?event=${event}`, { bearer: op.adminToken });
      assert.equal(events.find(({ detail }) => detail.api === id).operator_user_id, one.person.id, event);
    }
  });

  test("that cannot be is explained, and what was typed is there", async () => {
    const one = await operator(op, "owner");
    const page = await one.open("/admin/apis/new");
    for (const [typed, why] of [
      [{ identifier: "files", name: "A" }, /Identifier: must be an absolute URI/],
      [{ identifier: VARIABLE, name: "A" }, /RESOURCES/],
      [{ identifier: fresh(), name: "" }, /Name: must be/],
      [{ identifier: fresh(), name: "A", scopes: "openid Sign in" }, /openid/],
      [{ identifier: fresh(), name: "A", apps: "x unknown" }, /unknown/],
      [{ identifier: fresh(), name: "A", access_token_lifetime: "soon" }, /Lifetime in seconds: must be/],
    ]) {
      const again = await one.browser.submit(page, "save", typed, { button: "save" });
      assert.equal(again.status, 400);
      assert.match(again.text, why);
      assert.match(again.html, new RegExp(`value="${typed.identifier}"`));
    }
    const markup = "<script>alert(1)</script>";
    const api = await declare({ name: markup, scopes: { a: markup } });
    const shown = await one.open(at(api));
    assert.equal(shown.html.includes(markup), false);
    assert.match((await one.open("/admin/apis")).text, /alert\(1\)/);
  });

  test("that somebody else has changed is not changed unseen, nor given a secret twice", async () => {
    const [one, api] = [await operator(op, "owner"), await declare()];
    const page = await one.open(at(api));
    await op.admin(`/admin/api/apis/${api.id}`, { method: "PATCH", json: { name: "Of another" } });
    for (const action of ["save", "renew", "delete"]) {
      const again = await one.browser.submit(page, action === "save" ? "save" : action, {}, { button: action });
      assert.equal(again.status, 400, action);
      assert.match(again.text, /was changed since this page was opened/);
    }
    assert.equal((await read(api)).name, "Of another");
    const csrf = await csrfOf(one.browser);
    const version = versionOf(await one.open(at(api)));
    const renew = () => one.browser.fetch(at(api), { form: { csrf, do: "renew", version } });
    const answers = await Promise.all([renew(), renew(), renew()]);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  });

  test("gets a secret that is shown once, with which it asks; the one before works for a day more", async () => {
    const [one, api, client, ada] = [await operator(op, "apps"), await declare(), await op.client(), await op.person()];
    const { access_token: token } = await client.tokens(await op.browser().obtain(client, ada, { resource: api.identifier }));
    const secretOf = (page) => /id="secret"><code>([^<]+)/.exec(page.html)[1];
    const first = await one.browser.submit(await one.open(at(api)), "renew", {}, { button: "renew" });
    assert.match(first.text, /shown once/);
    const again = await one.open(at(api));
    assert.equal(again.html.includes(secretOf(first)), false);
    const second = await one.browser.submit(again, "renew", {}, { button: "renew" });
    for (const page of [first, second]) {
      const authorization = `Basic ${Buffer.from(`api_${api.id}:${secretOf(page)}`).toString("base64")}`;
      const answer = await op.fetch("/introspect", { form: { token }, headers: { authorization } });
      assert.equal((await answer.json()).active, true);
    }
    assert.match((await one.open(at(api))).text, /The secret before works until/);
  });

  test("is changed by no role that may not, nor with a proof of somebody else", async () => {
    const api = await declare();
    const version = "1-0";
    const reader = await operator(op, "read_only");
    const send = async (who, form) => who.browser.fetch(at(api), { form: { csrf: await csrfOf(who.browser), version, ...form } });
    assert.doesNotMatch((await reader.open(at(api))).html, /<form method="post" action="\/admin\/apis/);
    for (const action of ["save", "renew", "delete"]) assert.equal((await send(reader, { do: action, name: "x" })).status, 403, action);
    assert.equal((await reader.open("/admin/apis/new")).status, 403);
    const one = await operator(op, "apps");
    assert.equal((await send(one, { csrf: "x", do: "delete" })).status, 403);
    for (const form of [{}, { do: "x" }, { do: ["save", "delete"] }]) assert.equal((await send(one, form)).status, 400);
    op.clock.advance({ minutes: 11 });
    const late = await send(one, { do: "delete" });
    assert.match(late.headers.get("location"), /^\/login\?page=admin\/apis\//, "a sign-in of just now is needed");
    assert.equal((await read(api)).id, api.id);
    assert.equal(told(late), undefined);
  });
});

test("the page of an app shows which APIs it may ask for, and the preview what its token would say there", async () => {
  const [one, client, ada] = [await operator(op, "owner"), await op.client(), await op.person()];
  const api = await declare({ name: "Open here", open_to: "named_apps", scopes: { "a:read": "Read", "a:write": "Write" }, apps: { [client.id]: { scopes: ["a:read"] } }, access_token_lifetime: 90 });
  const closed = await declare({ name: "Closed here", open_to: "named_apps" });
  const page = await one.open(`/admin/apps/${client.id}`);
  assert.match(page.text, /APIs that it may ask for .*Open here/);
  assert.doesNotMatch(page.text, /Closed here|a:write/);
  const preview = (identifier) => one.open(`/admin/apps/${client.id}/preview?person=${ada.username}&scope=${encodeURIComponent("openid a:read a:write")}&api=${encodeURIComponent(identifier)}`);
  const token = (shown) => JSON.parse(/<pre id="access_token"><code>([^<]+)/.exec(shown.html)[1].replaceAll("&quot;", '"').replaceAll("&#34;", '"'));
  const claims = token(await preview(api.identifier));
  assert.deepEqual([claims.aud, claims.scope, claims.exp - claims.iat], [api.identifier, "a:read openid", 90]);
  const refused = await preview(closed.identifier);
  assert.equal(refused.status, 400);
  assert.match(refused.text, /no API that is registered here and open to this client/);
});
