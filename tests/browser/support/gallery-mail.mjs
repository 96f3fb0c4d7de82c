// The pages around codes and links that come by mail, and the way there.

import { setTimeout as wait } from "node:timers/promises";

import { signIn } from "./person.mjs";

let people = 0;

/** What the newest mail to an address has that `pattern` finds. */
export async function mailed(op, address, pattern) {
  for (let tries = 0; tries < 100; tries++) {
    const html = await (await op.fetch("/dev/mail")).text();
    const found = html.slice(Math.max(html.indexOf(address), 0)).match(pattern);
    if (html.includes(address) && found) return found[0].replaceAll("&#38;", "&").replaceAll("&amp;", "&");
    await wait(100);
  }
  throw new Error(`no mail to ${address}`);
}

const codeFor = (op, address) => mailed(op, address, /\b\d{6}(\d\d)?\b/);

/** Takes the first step of signing up. Gives the address. */
export async function askForCode({ page }, username = `new-${++people}`) {
  const email = `new-${++people}@people.example`;
  await page.locator("#email").fill(email);
  await page.locator("#username").fill(username);
  await page.locator("#create").click();
  await page.locator("#code").waitFor();
  return email;
}

/** Takes the second. */
export async function finishSignUp(op, { page }, email) {
  await page.locator("#code").fill(await codeFor(op, email));
  await page.locator("#password").fill("three random words");
  await page.locator("#create").click();
}

/** Somebody at the page of their address. */
async function atEmail({ op, visitor }, claims = {}) {
  const person = await op.person(claims);
  await visitor.page.goto(op.url("/login?page=email"));
  await signIn(visitor.page, person);
  await visitor.page.locator("#change").waitFor();
  return person;
}

async function asksForAddress(stage) {
  const person = await atEmail(stage);
  const { page } = stage.visitor;
  const email = `other-${++people}@people.example`;
  await page.locator("#email").fill(email);
  await page.locator("#current-password").fill(person.password);
  await page.locator("#change").click();
  await page.locator("#code").waitFor();
  return { person, email };
}

async function asksForCode({ op, visitor }) {
  const person = await op.person();
  await visitor.page.goto(op.url("/login?page=overview"));
  await visitor.page.locator("#username").fill(person.username);
  await visitor.page.locator("#mail-code").click();
  await visitor.page.locator("#sent").waitFor();
  return person;
}

export const MAILS = {
  "sign-up-code": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/signup?page=overview"));
    await askForCode(visitor);
  },

  "account-email-unconfirmed": async (stage) => {
    await atEmail(stage, { email_verified: false });
  },

  "account-email-code": async (stage) => {
    await asksForAddress(stage);
  },

  "undo-email": async (stage) => {
    const { person, email } = await asksForAddress(stage);
    const { page } = stage.visitor;
    await page.locator("#code").fill(await codeFor(stage.op, email));
    await page.locator("#confirm").click();
    await page.locator('[role="status"]').waitFor();
    await page.goto(await mailed(stage.op, person.email, /http[^\s"<]+\/recover\/email\?link=[^\s"<]+/));
  },

  "undo-email-over": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/recover/email?link=x"));
  },

  "mail-code": async (stage) => {
    await asksForCode(stage);
  },

  "mail-code-wrong": async (stage) => {
    await asksForCode(stage);
    const { page } = stage.visitor;
    await page.locator("#code").fill("000000");
    await page.locator("#sign-in").click();
    await page.locator('[role="alert"]').waitFor();
  },

  "mail-code-link": async (stage) => {
    const person = await asksForCode(stage);
    await stage.visitor.page.goto(stage.op.url(`/login/code?code=${await codeFor(stage.op, person.email)}`));
    await stage.visitor.page.locator("#sign-in").waitFor();
  },

  "mail-code-elsewhere": async ({ op, visitor }) => {
    await visitor.page.goto(op.url("/login/code?code=123456"));
  },
};
