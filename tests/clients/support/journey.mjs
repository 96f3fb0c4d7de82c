// The journey of every test: a person signs in at the app, is known there, and signs out.

import assert from "node:assert/strict";

import { asks, signInAndApprove } from "../../browser/support/person.mjs";
import { jsonOf } from "./stage.mjs";

/** The claims by which apps know a person, as Limen has them. */
export const known = ({ id, name, email }) => ({ sub: id, name, email });

/** The same of what an app shows. */
export const shown = ({ sub, name, email }) => ({ sub, name, email });

/** Opens the app's `path` and signs in, which ends at the app again. */
export async function signInAt(page, app, path, person) {
  await page.goto(`${app.origin}${path}`);
  await signInAndApprove(page, person);
  await page.waitForURL((url) => url.origin === app.origin);
}

/** The JSON that the app has at `path`. */
export async function read(page, app, path) {
  await page.goto(`${app.origin}${path}`);
  return jsonOf(page);
}

/** After a sign-out: whoever comes again is asked for their password. */
export async function isStranger(page, app, path) {
  await page.goto(`${app.origin}${path}`);
  await page.waitForURL((url) => url.origin !== app.origin);
  assert.equal(await asks(page), "login", `at ${page.url()}`);
}
