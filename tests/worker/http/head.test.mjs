// HEAD has no effect anywhere (RFC 9110 section 9.2.1): nothing is written, used up, fetched or sent to others.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { encodeForm } from "../support/form.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { CLIENT_ID_METADATA_DOCUMENTS: "on", SESSION_MANAGEMENT: "on" } });

const contents = async () => {
  const tables = await op.rows(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
  );
  const pairs = tables.map(async ({ name }) => [name, await op.rows(`SELECT * FROM "${name}"`)]);
  return Object.fromEntries(await Promise.all(pairs));
};
const inKv = async () => (await op.kv.list()).keys.map(({ name }) => name).sort();

/** Every path of the route table. */
const PATHS = [...readFileSync(new URL("../../../src/routes/table.rs", import.meta.url), "utf8").matchAll(/"(\/[^"\s]*)",\s*&\[/g)].map(
  ([, path]) => path,
);

test("HEAD changes no row, uses nothing up and calls nobody, at every path", async () => {
  assert.ok(PATHS.length > 40, `${PATHS.length} paths`);
  const client = await op.client({ post_logout_redirect_uris: ["https://app.acme.test/bye"] });
  const [ada, browser] = [await op.person(), op.browser()];
  const tokens = await client.tokens(await browser.obtain(client, ada));
  const stranger = "https://stranger.acme.test/client";
  const values = { client_id: client.id, user_id: ada.id, kid: (await op.keys())[0].kid, "+resource": "userinfo" };
  const queries = [
    "",
    encodeForm(client.request({ prompt: "none" }).params),
    encodeForm(client.request({ client_id: stranger }).params),
    encodeForm({ id_token_hint: tokens.id_token, post_logout_redirect_uri: "https://app.acme.test/bye" }),
  ];
  const headers = { cookie: await browser.jar.getCookieString(op.url("/")) };
  const [before, copies] = [await contents(), await inKv()];
  op.outbound.length = 0;
  for (const pattern of PATHS) {
    const path = pattern.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(values[name] ?? "x"));
    for (const search of queries) {
      for (const authorization of [undefined, `Bearer ${op.adminToken}`, `Bearer ${tokens.access_token}`, "Bearer x"]) {
        const all = { ...headers, ...(authorization && { authorization }) };
        const response = await op.fetch(`${path}?${search}`, { method: "HEAD", headers: all });
        assert.ok(response.status < 500, `${path}: ${response.status}`);
        assert.equal(await response.text(), "");
        assert.deepEqual(response.headers.getSetCookie(), [], path);
      }
    }
  }
  assert.deepEqual(await contents(), before);
  assert.deepEqual(await inKv(), copies);
  assert.deepEqual(op.outbound, []);
});

test("HEAD of the JWKS makes no keys, where GET of a new deployment does", async () => {
  const fresh = await startLimen();
  const head = await fresh.fetch("/.well-known/jwks.json", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.deepEqual(await fresh.rows("SELECT kid FROM signing_keys"), []);
  assert.ok((await fresh.jwks()).keys.length > 0);
});
