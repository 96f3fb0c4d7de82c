// People who are operators, at the console.

import assert from "node:assert/strict";

import { withApp } from "../support/codes.mjs";

/** Gives a person roles. */
export async function grant(op, person, roles, init = {}) {
  const response = await op.admin(`/admin/api/operators/${person.id}`, { method: "PUT", json: { roles }, ...init });
  return response.status;
}

/** Somebody with these roles and an app for codes, who has just signed in at the console with both. */
export async function operator(op, ...roles) {
  const person = await op.person({ name: `Op ${roles.join(" ")}` });
  if (roles.length) assert.equal(await grant(op, person, roles), 204);
  const { app } = await withApp(op, person);
  const browser = op.browser();
  const open = (path = "/admin") => browser.open(path);
  const second = await browser.signIn(await open("/login?page=admin"), person);
  await browser.submit(second, "code", { code: app.nextCode() });
  /** Confirms who it is, on the way to `page`. */
  const confirm = async (page) => {
    const second = await browser.signIn(page, person);
    return browser.submit(second, "code", { code: app.nextCode() });
  };
  /** Sends one thing to the page of a person, with the proof of that page unless there is another. */
  const act = async (whom, fields, { csrf } = {}) => {
    const proof = csrf ?? (await proofOf(browser));
    return browser.fetch(`/admin/people/${whom.id}`, { form: { csrf: proof, ...fields } });
  };
  return { person, app, browser, open, confirm, act };
}

/** The proof of forms of this sign-in: all have the same. */
async function proofOf(browser) {
  const { html } = await browser.open("/account/profile");
  return /name="csrf" value="([^"]+)"/.exec(html)[1];
}
