// The first page of the account: how its person signs in and where, and the way to show more in this session.

import assert from "node:assert/strict";
import { test } from "node:test";

import { withApp } from "../support/codes.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const link = (page, id) => page.elements("a").find((element) => element.id === id);

test("says what the person has and how they signed in here, and leads to the second step", async () => {
  const person = await op.person();
  const browser = op.browser();
  const plain = await browser.signIn(await browser.open("/account"), person);
  assert.match(plain.text, /in one step, just now/);
  assert.equal(link(plain, "show-more"), undefined, "there is nothing more to show");
  const { app } = await withApp(op, person);
  const page = await browser.open("/account");
  assert.match(page.text, /1 authenticator app, 10 recovery codes left/);
  assert.match(page.text, /signed in with 2 browsers/);
  const asked = await browser.open(link(page, "show-more").href.replaceAll("&#38;", "&"));
  assert.ok(asked.has("code") && !asked.has("cancel"), asked.text);
  const stronger = await browser.submit(asked, "code", { code: app.nextCode() });
  assert.equal(stronger.url, op.url("/account"));
  assert.match(stronger.text, /with two steps/);
  assert.equal(link(stronger, "show-more"), undefined);
});
