// mod_auth_openidc in Apache: protects a folder of a site.

import assert from "node:assert/strict";
import { chmodSync, cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { isStranger, known, read, shown, signInAt } from "../support/journey.mjs";
import { filled, jsonOf, scratch, setStage, visit } from "../support/stage.mjs";

// The module refreshes a minute before a token expires: here, always.
const { op, chromium, run } = await setStage({ ACCESS_TOKEN_LIFETIME: "30" });

test("mod_auth_openidc: sign-in, refresh, sign-out", async (t) => {
  // Readable for the user as whom Apache serves.
  const folder = scratch(t);
  chmodSync(folder, 0o755);
  cpSync(new URL("./site/", import.meta.url), join(folder, "site"), { recursive: true });
  const command = (app) => {
    const others = { SCRATCH: folder, "127.0.0.1:3000": `127.0.0.1:${app.port}` };
    filled(t, app, "apache.conf", others, folder);
    return ["/usr/sbin/apache2", "-f", filled(t, app, "server.conf", others, folder), "-DFOREGROUND"];
  };
  const app = await run(t, "mod-auth-openidc", command);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/private/", ada);
  await page.waitForURL(`${app.origin}/private/`);
  const shownThere = await jsonOf(page);
  assert.deepEqual(shown(shownThere), known(ada));
  assert.equal(shownThere.user, ada.email);
  const generation = async () => (await op.rows("SELECT generation FROM token_families"))[0].generation;
  const before = await generation();
  await read(page, app, "/private/");
  assert.equal(await generation(), before + 1, "the module refreshed");

  await read(page, app, `/private/redirect_uri?logout=${encodeURIComponent(`${app.origin}/`)}`);
  assert.equal(page.url(), `${app.origin}/`);
  await isStranger(page, app, "/private/");
});
