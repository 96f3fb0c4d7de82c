// What a developer sees of their mistakes: on the page, in the log and in the audit.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { errorPage, oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";
import { until } from "../support/relying-party.mjs";

const op = await startLimen();

async function written(event, matches) {
  const find = async () => {
    const { events } = await (await op.admin(`/admin/api/audit?event=${event}`)).json();
    return events.find(({ detail }) => matches(detail ?? {}));
  };
  await until(async () => (await find()) !== undefined);
  return (await find()).detail;
}
const logged = (event) => op.logs.map((line) => JSON.parse(line)).filter((line) => line.event === event);

describe("an address that is not registered", () => {
  test("is shown with the app's name and what was expected, as text, and written down", async () => {
    const client = await op.client({ client_name: "Acme <b>Notes</b>" });
    const came = "https://evil.test/<img src=x>";
    const page = await op.browser().authorize(client, { redirect_uri: came });
    errorPage(page);
    assert.match(page.text, /App Acme/);
    assert.match(page.text, /redirect_uri = https:\/\/evil\.test\//);
    assert.match(page.text, /letter by letter/);
    assert.doesNotMatch(page.html, /<img|<b>/);
    assert.doesNotMatch(page.html, /(href|action|src)="[^"]*evil\.test/);
    assert.doesNotMatch(page.text, /curl/, "a command is for development");
    const detail = await written("authorization_refused", (detail) => detail.client_id === client.id);
    assert.equal(detail.came, came);
    assert.match(detail.reason, /redirect_uri/);
    assert.ok(logged("authorization_refused").some(({ detail }) => detail.came === came));
  });

  test("comes with the command that mends it, in development", async () => {
    const dev = await startLimen({ issuer: "http://localhost:8787" });
    const client = await dev.client();
    const page = await dev.browser().authorize(client, { redirect_uri: "https://app.acme.test/other" });
    errorPage(page);
    assert.match(page.text, new RegExp(`curl -X PATCH http://localhost:8787/register/${client.id}`));
    assert.match(page.text, /"https:\/\/app\.acme\.test\/callback","https:\/\/app\.acme\.test\/other"/);
  });
});

/** Does what the page says that fixes it. */
async function fix(dev, page) {
  const [, method, url, body] = /curl -X (\w+) (\S+) .* -d '(\{.*?\})'(?: |$)/.exec(page.text) ?? assert.fail(page.text);
  return dev.fetch(url, { method, json: JSON.parse(body), bearer: dev.adminToken });
}

describe("what a page says that fixes a mistake, in development", () => {
  test("fixes it", async () => {
    const dev = await startLimen({ issuer: "http://localhost:8787" });
    const [client, browser] = [await dev.client(), dev.browser()];
    const wrong = { redirect_uri: "http://localhost:3000/cb" };
    assert.equal((await fix(dev, await browser.authorize(client, wrong))).status, 200);
    assert.ok((await browser.authorize(client, wrong)).asksForPassword);

    const unknown = await browser.open(`/authorize?client_id=nobody&response_type=code&redirect_uri=https://a.acme.test/cb`);
    assert.equal((await fix(dev, unknown)).status, 201);

    const logout = `/logout?client_id=${client.id}&post_logout_redirect_uri=https://app.acme.test/bye`;
    assert.equal((await fix(dev, await browser.open(logout))).status, 200);
    assert.equal((await browser.open(logout)).status, 200);
  });
});

test("a request that a form brought is explained, too", async () => {
  const [client, browser] = [await op.client(), op.browser()];
  await browser.obtain(client, await op.person());
  const page = await browser.authorize(client, { redirect_uri: "https://other.acme.test/" }, { method: "POST" });
  errorPage(page);
  assert.match(page.text, /redirect_uri = https:\/\/other\.acme\.test\//);
});

describe("a sign-out that cannot be followed", () => {
  test("says which address came, of which app, and what was expected", async () => {
    const client = await op.client({ client_name: "Acme Notes", post_logout_redirect_uris: ["https://app.acme.test/bye"] });
    const page = await op.browser().open(`/logout?client_id=${client.id}&post_logout_redirect_uri=https://evil.test/<i>`);
    errorPage(page);
    assert.match(page.text, /App Acme Notes/);
    assert.match(page.text, /post_logout_redirect_uri = https:\/\/evil\.test\/<i>/);
    assert.match(page.text, /letter by letter/);
    assert.doesNotMatch(page.html, /<i>|href="[^"]*evil/);
  });

  test("says whose its hint is", async () => {
    const other = await startLimen({ issuer: "https://other.limen.test" });
    const [client, browser] = [await other.client(), other.browser()];
    const { id_token } = await client.tokens(await browser.obtain(client, await other.person()));
    const page = await op.browser().open(`/logout?id_token_hint=${id_token}`);
    errorPage(page);
    assert.match(page.text, /iss = https:\/\/other\.limen\.test, aud = /);
    assert.match(page.text, new RegExp(`that ${op.issuer} gave`));
    assert.ok(!page.html.includes(id_token));
  });
});

test("a document that describes no app here is named", async () => {
  const page = await op.browser().open("/authorize?client_id=https://assistant.acme.test/client.json&response_type=code");
  errorPage(page);
  assert.match(page.text, /client_id = https:\/\/assistant\.acme\.test\/client\.json/);
});

test("an unknown client is named as it came", async () => {
  const page = await op.browser().open("/authorize?client_id=no%3Ci%3Esuch&redirect_uri=https://a.test/&response_type=code");
  errorPage(page);
  assert.match(page.text, /client_id = no<i>such/);
  assert.doesNotMatch(page.html, /<i>/);
});

test("a refusal that goes back to the app is written down with its reason", async () => {
  const client = await op.client();
  await op.browser().authorize(client, { response_type: "token" });
  const detail = await written("authorization_refused", ({ client_id, error }) => client_id === client.id && error);
  assert.equal(detail.error, "unsupported_response_type");
});

test("a client that does not prove itself is told which method came and which is registered, and it is written down", async () => {
  const client = await op.client();
  const body = await oauthError(await client.post("/introspect", { token: "x" }, { auth: "post" }), 401, "invalid_client");
  assert.match(body.error_description, /client_secret_basic.*client_secret_post/);
  const detail = await written("client_refused", ({ client_id }) => client_id === client.id);
  assert.match(detail.reason, /client_secret_basic.*client_secret_post/);
  assert.doesNotMatch(JSON.stringify(op.logs), new RegExp(client.secret));
});

test("what stands in the place of a client_id is not written down where it may be a secret", async () => {
  const client = await op.client();
  const swapped = `Basic ${Buffer.from(`${client.secret}:${client.id}`).toString("base64")}`;
  const form = { token: "x" };
  await oauthError(await op.fetch("/introspect", { form, headers: { authorization: swapped } }), 401, "invalid_client");
  await until(async () => logged("client_refused").some(({ detail }) => detail.client_id === undefined));
  assert.ok(!JSON.stringify(op.logs).includes(client.secret));
  assert.ok(!JSON.stringify(await op.rows("SELECT detail FROM audit")).includes(client.secret));
});
