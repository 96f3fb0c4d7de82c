// A headless Chromium, and the people who use it.

import assert from "node:assert/strict";

import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a page may take: far more than it does, even on a busy machine. */
const PATIENCE_MILLISECONDS = 10_000;

/** Starts a browser for visits to `op`. Whoever starts it closes it. */
export async function startChromium(op) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return new Chromium(op, await chromium.launch({ executablePath, args: ARGUMENTS }));
}

class Chromium {
  #op;
  #browser;

  constructor(op, browser) {
    this.#op = op;
    this.#browser = browser;
  }

  close() {
    return this.#browser.close();
  }

  /**
   * Somebody with a fresh profile, until the test ends. The test fails when one of the pages they saw reported an error,
   * broke its Content-Security-Policy or loaded anything from elsewhere; `careless` leaves that out, for tests that attack.
   */
  async visitor(t, { careless = false, ...options } = {}) {
    const context = await this.#browser.newContext({ reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE_MILLISECONDS);
    const visitor = new Visitor(this.#op, context, await context.newPage());
    t.after(async () => {
      await context.close();
      if (!careless) assert.deepEqual(visitor.problems, [], "the browser complained");
    });
    return visitor;
  }
}

class Visitor {
  #op;
  #answered = new Set();
  /** Errors of the console, of scripts and of policies, and assets from elsewhere. */
  problems = [];
  /** The address of every page that was shown, in order. Redirects are not pages. */
  shown = [];

  constructor(op, context, page) {
    this.#op = op;
    this.context = context;
    this.page = page;
    this.#watch();
  }

  newTab() {
    return this.context.newPage();
  }

  /** The pages of Limen among those that were shown, as paths. */
  get pagesOfLimen() {
    return this.shown.filter((url) => this.#isLimen(url)).map((url) => new URL(url).pathname);
  }

  /**
   * Arrives signed in as `person`, who has allowed `app` the usual things (unless `consents` is false). For tests that begin
   * after the sign-in: the browser of tests/worker does it, in a tenth of the time.
   */
  async arrive(app, person, { consents = true } = {}) {
    const browser = this.#op.browser();
    const page = await browser.signIn(await browser.authorize(app.client), person);
    if (consents) await browser.approve(page);
    const cookies = await browser.jar.getCookies(this.#op.issuer);
    const given = { url: this.#op.issuer, httpOnly: true, sameSite: "Lax" };
    await this.context.addCookies(cookies.map(({ key: name, value }) => ({ name, value, ...given })));
  }

  /** Limen's cookies, by their names. */
  async cookies() {
    const cookies = await this.context.cookies(this.#op.issuer);
    return Object.fromEntries(cookies.map((cookie) => [cookie.name, cookie]));
  }

  #watch() {
    this.#follow(this.page);
    this.context.on("page", (page) => this.#follow(page));
    this.context.on("weberror", (error) => this.problems.push(`script: ${error.error().message}`));
    this.context.on("response", (response) => {
      if (response.request().isNavigationRequest()) this.#answered.add(response.url());
    });
    this.context.on("console", (message) => {
      const { url } = message.location();
      // A page that says what went wrong has the status for it, and Chromium reports that like a missing asset.
      const isStatus = message.text().startsWith("Failed to load resource") && this.#answered.has(url);
      if (["error", "warning"].includes(message.type()) && !isStatus) this.problems.push(`console: ${message.text()} ${url}`);
    });
    this.context.on("request", (request) => {
      if (request.isNavigationRequest() || !this.#isLimen(request.frame().url())) return;
      if (!this.#isLimen(request.url()) && !request.url().startsWith("data:")) this.problems.push(`asset from elsewhere: ${request.url()}`);
    });
  }

  #isLimen(url) {
    return url.startsWith(`${this.#op.issuer}/`);
  }

  #follow(page) {
    page.on("framenavigated", (frame) => {
      if (frame === page.mainFrame()) this.shown.push(frame.url());
    });
  }
}
