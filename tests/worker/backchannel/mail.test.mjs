// People are told by mail that an app asks them something. The mail decides nothing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { linkIn, MAIL_VARS, Mailbox } from "../support/mail.mjs";
import { ask, askingClient, ON, pollError, request, tokens, upToConsent } from "./support.mjs";

const op = await startLimen({ vars: { ...ON, ...MAIL_VARS } });
const mails = new Mailbox(op);
const till = await askingClient(op);

test("the mail names the app, and its link leads to the page of what waits, and does nothing by itself", async () => {
  const person = await op.person();
  const asked = await ask(till, person, { binding_message: "W4-SECRET" });
  const mail = await mails.await(person.email);
  assert.equal(mail.subject, "An app asks for your answer at Acme");
  assert.match(mail.text, /^Acme Till$/m);
  assert.ok(mail.text.includes(person.username));
  assert.equal(linkIn(mail), op.url("/account/requests"));
  for (const secret of [asked.auth_req_id, asked.auth_req_id.split(".")[1], "W4-SECRET"]) {
    assert.ok(!mail.text.includes(secret) && !mail.html.includes(secret));
  }
  const scanner = await op.browser().open(linkIn(mail));
  assert.ok(scanner.asksForPassword);
  assert.doesNotMatch(scanner.text, /Acme Till/);
  assert.equal(await pollError(till, asked), "authorization_pending");
  const browser = op.browser();
  await browser.approve(await upToConsent(browser, person));
  assert.ok((await tokens(till, asked)).id_token);
});

test("nobody is told of a request that was refused, nor of more than there are", async () => {
  const person = await op.person();
  await request(till, { login_hint: person.username, scope: "profile" });
  for (let n = 0; n < 7; n++) await request(till, { login_hint: person.username });
  assert.equal(await mails.count(person.email), 1);
  const other = await askingClient(op, { client_name: "Acme Desk" });
  for (let n = 0; n < 2; n++) await request(other, { login_hint: person.username });
  assert.equal(await mails.count(person.email), 2, "another app is another matter");
});

test("a mail that cannot be written down leaves no request behind", async () => {
  const person = await op.person();
  const response = await request(till, { login_hint: person.username }, { d1: { matching: "INSERT INTO mail_outbox" } });
  assert.equal(response.status, 503);
  assert.deepEqual(await op.rows("SELECT * FROM pushed_requests WHERE user_id = ?", person.id), []);
});
