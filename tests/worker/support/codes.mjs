// Authenticator apps: one-time codes as another implementation makes them, and the way to set an app up.

import assert from "node:assert/strict";

import { TOTP, URI } from "otpauth";

/** An app that has read the QR code of a page: its link says the same. */
export class App {
  constructor(op, page) {
    const link = page.elements("a").find(({ href }) => href?.startsWith("otpauth:"));
    assert.ok(link, `no link for an app at ${page.url}: ${page.text.slice(0, 300)}`);
    this.op = op;
    this.totp = URI.parse(link.href);
    assert.ok(this.totp instanceof TOTP);
  }

  /** The code that it shows, or did some steps ago. */
  code(steps = 0) {
    return this.totp.generate({ timestamp: (this.op.clock.seconds() + steps * 30) * 1_000 });
  }

  /** The next code that has not been used: it waits for the clock. */
  nextCode() {
    this.op.clock.advance({ seconds: 30 });
    return this.code();
  }
}

/** The recovery codes that a page shows. */
export const recoveryCodesOf = (page) =>
  [...page.html.matchAll(/<li><code>([a-z2-7-]+)<\/code><\/li>/g)].map(([, code]) => code);

/** Signs `person` in at their account and sets up an app. */
export async function withApp(op, person, name = "Phone") {
  const browser = op.browser();
  await browser.signIn(await browser.open("/login?page=second_factors"), person);
  const page = await browser.open("/account/second_factors/new");
  const app = new App(op, page);
  const added = await browser.submit(page, "secret", { code: app.code(), name });
  const codes = recoveryCodesOf(added);
  assert.equal(codes.length, 10, added.text);
  return { browser, app, codes, added };
}

/** Sets an app up on the page of a sign-in that asks for it, and goes on. */
export async function setUpApp(op, browser, page) {
  assert.ok(page.has("secret"), `${page.url}: ${page.text}`);
  const kept = await browser.submit(page, "secret", { code: new App(op, page).code() });
  assert.equal(recoveryCodesOf(kept).length, 10, kept.text);
  const next = await browser.open(kept.elements("a").find(({ id }) => id === "go-on").href.replaceAll("&#38;", "&"));
  next.request = page.request;
  return next;
}
