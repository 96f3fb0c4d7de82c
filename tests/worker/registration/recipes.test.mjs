// What the recipes say to register (docs/clients/) is taken as it is, and works for every address in it.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";

import { root } from "../support/bundle.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const ada = await op.person();

const folder = `${root}docs/clients/`;
for (const page of readdirSync(folder)) {
  describe(`docs/clients/${page}`, () => {
    for (const { title, metadata } of registrations(readFileSync(folder + page, "utf8"))) {
      test(`${title}: ${metadata.client_name}`, async () => {
        const client = await op.client({ grant_types: undefined, token_endpoint_auth_method: undefined, ...metadata });
        for (const [name, value] of Object.entries(metadata)) assert.deepEqual(client.registered[name], value, name);
        for (const redirect_uri of metadata.redirect_uris) {
          const grant = await op.browser().obtain(client, ada, { redirect_uri });
          const tokens = await client.tokens(grant);
          const { sub, name, email, email_verified } = claimsOf(tokens.id_token);
          assert.deepEqual([sub, name, email, email_verified], [ada.id, ada.name, ada.email, true], redirect_uri);
          assert.equal(tokens.refresh_token !== undefined, (metadata.grant_types ?? []).includes("refresh_token"));
        }
      });
    }
  });
}

/** The registrations of a page, each under its heading. */
function* registrations(page) {
  for (const section of page.split(/^## /m).slice(1)) {
    for (const [, json] of section.matchAll(/^```json\n(.*?)^```/gms)) {
      const metadata = JSON.parse(json);
      if (metadata.redirect_uris) yield { title: section.split("\n", 1)[0], metadata };
    }
  }
}
