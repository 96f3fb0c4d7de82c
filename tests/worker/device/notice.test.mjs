// People are told by mail of a device that was let use their account.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { linkIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";
import { approve, ask, deviceClient, ON, upToConsent } from "./support.mjs";

const op = await startLimen({ vars: { ...ON, ...MAIL_VARS, MAIL_NOTICES: "devices" } });
const mails = new Mailbox(op);
const client = await deviceClient(op);
const asking = () => ask(client, {}, { headers: { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" } });

test("whoever lets a device use their account is told which, and where to take its access away", async () => {
  const person = await op.person();
  await approve(op.browser(), await asking(), person);
  const mail = await mails.await(person.email);
  assert.equal(mail.subject, "A device can use your account at Acme");
  assert.match(mail.text, /^Acme TV: Firefox on Linux\. From [\d.]+\/24$/m);
  assert.ok(mail.text.includes(person.username), mail.text);
  assert.equal(linkIn(mail), op.url("/account/apps"));
});

test("nobody is told of one that was refused, or of a form that is sent again", async () => {
  const person = await op.person();
  const browser = op.browser();
  const refused = await browser.submit(await upToConsent(browser, await asking(), person), "deny", {}, { button: "deny" });
  assert.ok(refused.text.length > 0);
  const page = await upToConsent(browser, await asking(), person);
  await Promise.all(Array.from({ length: 5 }, () => browser.approve(page)));
  await mails.await(person.email);
  assert.equal(await mails.count(person.email), 1);
});

test("nobody is told where the operator wants no such mails", async () => {
  const quiet = await startLimen({ vars: { ...ON, ...MAIL_VARS, MAIL_NOTICES: "password" } });
  const box = new Mailbox(quiet);
  const person = await quiet.person();
  await approve(quiet.browser(), await ask(await deviceClient(quiet)), person);
  assert.equal(await box.count(person.email), 0);
});
