// What the tests of the account share.

import assert from "node:assert/strict";

/** A browser in which `person` is signed in at their account. */
export async function signedIn(op, person, options = {}) {
  const browser = op.browser(options);
  const page = await browser.signIn(await browser.open("/account"), person, options);
  assert.equal(page.url, op.url("/account"), page.text);
  return browser;
}

/** Whether the browser's session is over, on every isolate. */
export async function isSignedOut(browser, isolates = [0]) {
  const pages = await Promise.all(isolates.map((isolate) => browser.open("/account", { isolate })));
  return pages.every((page) => page.asksForPassword);
}

/** The text of `role=status`. */
export const notice = (page) => /role="status">([^<]*)</.exec(page.html)?.[1];

/** The pages of the account. */
export const PAGES = ["", "/profile", "/email", "/password", "/browsers", "/apps", "/activity", "/data", "/delete"].map(
  (path) => `/account${path}`,
);

/** Forms that change something, as they are sent: path and fields. */
export const FORMS = {
  profile: { path: "/account/profile", form: { name: "Changed" } },
  email: { path: "/account/email", form: { email: "changed@people.test" } },
  password: { path: "/account/password", form: { new_password: "another pass phrase", repeat_password: "another pass phrase" } },
  "sign out everywhere else": { path: "/account/browsers", form: { others: "yes" } },
  deletion: { path: "/account/delete", form: { confirm: "yes" } },
};
