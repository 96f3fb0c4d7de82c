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
