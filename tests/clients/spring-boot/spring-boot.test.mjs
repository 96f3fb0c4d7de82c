// Spring Boot 4 with Spring Security: checks what it is told by user info against the ID token, and refreshes by itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isStranger, known, read, shown, signInAt } from "../support/journey.mjs";
import { built, jsonOf, setStage, visit } from "../support/stage.mjs";

// Spring refreshes a minute before a token expires: here, always.
const { op, chromium, run } = await setStage({ ACCESS_TOKEN_LIFETIME: "30" });

test("Spring Boot: sign-in, refresh, sign-out", async (t) => {
  const app = await run(t, "spring-boot", ["java", "-jar", built("spring-boot/app.jar")]);
  const ada = await op.person();
  const { page } = await visit(t, chromium);

  await signInAt(page, app, "/profile", ada);
  await page.waitForURL(/\/profile/);
  const { id_token, userinfo } = await jsonOf(page);
  assert.deepEqual(shown(id_token), known(ada));
  assert.deepEqual(shown(userinfo), known(ada));
  for (const generation of [1, 2]) {
    await read(page, app, "/token");
    const [family] = await op.rows("SELECT generation FROM token_families");
    assert.equal(family.generation, generation, "the library refreshed");
  }
  await page.goto(`${app.origin}/logout`);
  await page.getByRole("button").click();
  await page.waitForURL(`${app.origin}/`);
  assert.equal(await jsonOf(page), "nobody");
  await isStranger(page, app, "/profile");
});
