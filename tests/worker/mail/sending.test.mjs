// Mails on their way out: each provider's shape, what fails and comes again, and what operators see.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { startLimen } from "../support/limen.mjs";
import { MAIL_VARS } from "../support/mail.mjs";

const KEY = "key-0123456789abcdef";

const testMail = (op, to = "ada@people.test", more = {}) => op.admin("/admin/api/mail/test", { json: { to, ...more } });

async function tested(op, to, more) {
  const response = await testMail(op, to, more);
  assert.equal(response.status, 200);
  return response.json();
}

const status = async (op) => (await op.json("/admin/api/status", { bearer: op.adminToken })).mail;
const listed = async (op, query = "") => (await op.json(`/admin/api/mail${query}`, { bearer: op.adminToken })).mails;

/** A deployment whose provider, Resend, gives one answer after the other, and the last again and again. */
async function withProvider(answers, vars = {}) {
  const op = await startLimen({ vars: { ...MAIL_VARS, ...vars } });
  const requests = [];
  op.serve("https://api.resend.com/emails", async (request) => {
    requests.push(await request.json());
    return answers.length > 1 ? answers.shift() : answers[0];
  });
  return { op, requests };
}

const PROVIDERS = {
  resend: {
    url: "https://api.resend.com/emails",
    vars: {},
    read: ({ headers, json }) => ({
      key: headers.get("authorization") === `Bearer ${KEY}` && headers.get("idempotency-key").length > 20,
      from: json.from,
      to: json.to[0],
      replyTo: json.reply_to,
      subject: json.subject,
      text: json.text,
      html: json.html,
    }),
  },
  postmark: {
    url: "https://api.postmarkapp.com/email",
    vars: {},
    read: ({ headers, json }) => ({
      key: headers.get("x-postmark-server-token") === KEY && json.TrackOpens === false && json.TrackLinks === "None",
      from: json.From,
      to: json.To,
      replyTo: json.ReplyTo,
      subject: json.Subject,
      text: json.TextBody,
      html: json.HtmlBody,
    }),
  },
  mailgun: {
    url: "https://api.eu.mailgun.net/v3/mg.acme.test/messages",
    vars: { MAIL_API_URL: "https://api.eu.mailgun.net/", MAIL_DOMAIN: "mg.acme.test" },
    read: ({ headers, form }) => ({
      key: headers.get("authorization") === `Basic ${btoa(`api:${KEY}`)}` && form.get("o:tracking") === "no",
      from: form.get("from"),
      to: form.get("to"),
      replyTo: form.get("h:Reply-To"),
      subject: form.get("subject"),
      text: form.get("text"),
      html: form.get("html"),
    }),
  },
  brevo: {
    url: "https://api.brevo.com/v3/smtp/email",
    vars: {},
    status: 201,
    read: ({ headers, json }) => ({
      key: headers.get("api-key") === KEY,
      from: `"${json.sender.name}" <${json.sender.email}>`,
      to: json.to[0].email,
      replyTo: json.replyTo.email,
      subject: json.subject,
      text: json.textContent,
      html: json.htmlContent,
    }),
  },
};

describe("a provider gets a mail in its own shape", () => {
  for (const [name, { url, vars, read, status: answered = 200 }] of Object.entries(PROVIDERS)) {
    test(name, async () => {
      const op = await startLimen({
        vars: { ...MAIL_VARS, MAIL: name, MAIL_API_KEY: KEY, MAIL_REPLY_TO: "help@acme.test", ...vars },
      });
      const taken = [];
      op.serve(url, async (request) => {
        const body = await request.text();
        const isForm = request.headers.get("content-type").includes("urlencoded");
        const content = isForm ? { form: new URLSearchParams(body) } : { json: JSON.parse(body) };
        taken.push(read({ headers: request.headers, ...content }));
        return { status: answered, json: {} };
      });
      const mail = await tested(op, "J\u{fc}rgen@people.test", { language: "de-AT" });
      assert.equal(mail.state, "sent");
      assert.equal(taken.length, 1);
      const [{ key, from, to, replyTo, subject, text, html }] = taken;
      assert.ok(key);
      assert.equal(from, '"Acme" <id@acme.test>');
      assert.equal(to, "J\u{fc}rgen@people.test");
      assert.equal(replyTo, "help@acme.test");
      assert.equal(subject, "Test der E-Mails von Acme");
      assert.match(text, /Diese ist angekommen/);
      assert.match(html, /<html lang="de"/);
    });
  }

  test("cloudflare: the binding EMAIL", async () => {
    const op = await startLimen({ vars: { MAIL: "cloudflare", MAIL_FROM: "Acme <id@acme.test>" }, email: true });
    assert.equal((await tested(op)).state, "sent");
    for (let tries = 0; tries < 100 && op.binding.mails.length === 0; tries++) await wait(25);
    const [mail] = op.binding.mails;
    assert.equal(mail.from, '"Acme" <id@acme.test>');
    assert.equal(mail.to, "ada@people.test");
    assert.equal(mail.subject, "A test of mails from Acme");
    assert.match(mail.text, /id\.limen\.test/);
    assert.match(mail.html, /<!doctype html>/);
  });

  test("without the binding the mail waits, and the operator is told why", async () => {
    const op = await startLimen({ vars: { MAIL: "cloudflare", MAIL_FROM: "id@acme.test" } });
    const mail = await tested(op);
    assert.equal(mail.state, "waiting");
    assert.match(mail.problem, /binding EMAIL is missing/);
  });
});

describe("a mail that is not taken", () => {
  test("is tried again by the periodic run, and sent once", async () => {
    const { op, requests } = await withProvider([{ status: 503 }, { status: 429 }, { status: 200 }]);
    op.clock.freeze();
    assert.equal((await tested(op)).state, "waiting");
    await op.cron();
    assert.equal(requests.length, 1, "not before a minute has passed");
    op.clock.advance({ minutes: 1 });
    await op.cron();
    op.clock.advance({ minutes: 1 });
    await op.cron();
    assert.equal(requests.length, 2, "then after four");
    op.clock.advance({ minutes: 3 });
    await Promise.all([op.cron(), op.cron(), op.cron()]);
    assert.equal(requests.length, 3);
    const [mail] = await listed(op);
    assert.deepEqual([mail.state, mail.attempts, mail.problem], ["sent", 3, null]);
    op.clock.advance({ hours: 5 });
    await op.cron();
    assert.equal(requests.length, 3);
  });

  test("waits while the key is wrong, and is given up when nobody has any use for it", async () => {
    const { op, requests } = await withProvider([{ status: 401, body: "no such key" }]);
    op.clock.freeze();
    const mail = await tested(op);
    assert.deepEqual([mail.state, mail.problem], ["waiting", "401 no such key"]);
    for (let n = 0; n < 10; n++) {
      op.clock.advance({ minutes: 30 });
      await op.cron();
    }
    assert.equal((await listed(op))[0].state, "failed");
    assert.ok(requests.length < 6, String(requests.length));
    const retried = await op.admin(`/admin/api/mail/${mail.id}/retry`, { method: "POST" });
    assert.equal(retried.status, 409);
  });

  test("is given up at once where it never will be, and the operator tries it again or deletes it", async () => {
    const { op, requests } = await withProvider([{ status: 422, body: "bad\r\nrecipient" }, { status: 422 }, { status: 200 }]);
    const mail = await tested(op);
    assert.deepEqual([mail.state, mail.problem], ["failed", "422 bad  recipient"]);
    const other = await tested(op, "bob@people.test");
    assert.deepEqual((await listed(op, "?state=failed")).map(({ id }) => id).sort(), [mail.id, other.id].sort());
    assert.deepEqual(await listed(op, "?state=waiting"), []);
    assert.equal((await status(op)).failed, 2);
    const retry = () => op.admin(`/admin/api/mail/${mail.id}/retry`, { method: "POST" });
    assert.equal((await (await retry()).json()).state, "sent");
    assert.equal((await retry()).status, 409);
    assert.equal(requests.length, 3);
    const remove = () => op.admin(`/admin/api/mail/${other.id}`, { method: "DELETE" });
    assert.deepEqual([(await remove()).status, (await remove()).status], [204, 404]);
    // One that was sent counts in the limits of the day: it is not forgotten.
    assert.equal((await op.admin(`/admin/api/mail/${mail.id}`, { method: "DELETE" })).status, 409);
    const { events } = await (await op.admin("/admin/api/audit")).json();
    const done = events.filter(({ event }) => /^mail_(retried|deleted)$/.test(event));
    assert.deepEqual(done.map(({ event, detail }) => [event, detail.mail]), [["mail_deleted", other.id], ["mail_retried", mail.id]]);
    assert.equal((await op.admin("/admin/api/mail/nothing/retry", { method: "POST" })).status, 404);
    const { transport, waiting, failed, sent } = await status(op);
    assert.deepEqual({ transport, waiting, failed, sent }, { transport: "resend", waiting: 0, failed: 0, sent: 1 });
  });

  test("by a provider that is slow or leads elsewhere waits", async () => {
    const { op } = await withProvider([
      { status: 302, headers: { location: "https://elsewhere.test/" } },
      { status: 200, delay: 7_000 },
    ]);
    assert.equal((await tested(op)).state, "waiting");
    const slow = await tested(op);
    assert.deepEqual([slow.state, slow.problem], ["waiting", "the provider did not answer within 5 seconds"]);
    assert.ok(!op.outbound.includes("https://elsewhere.test/"));
  });

  test("shows in the log without its address or what the provider said", async () => {
    const { op } = await withProvider([{ status: 422, body: "ada@people.test is a spam trap" }]);
    await tested(op);
    const line = op.logs.find((line) => line.includes("mail_not_taken"));
    assert.ok(line);
    assert.ok(!op.logs.some((line) => line.includes("people.test") || line.includes("re_0123456789")));
  });
});

describe("how many", () => {
  test("the deployment has a limit a day", async () => {
    const { op, requests } = await withProvider([{ status: 200 }], { MAIL_DAILY_LIMIT: "4" });
    const answers = [];
    for (const name of ["a", "b", "c"]) answers.push((await testMail(op, `${name}@people.test`)).status);
    assert.deepEqual(answers, [200, 200, 429]);
    assert.equal(requests.length, 2);
    op.clock.advance({ hours: 25 });
    assert.equal((await testMail(op)).status, 200);
  });

  test("tests have a small share, to whomever they go: the rest is for what people need", async () => {
    const { op, requests } = await withProvider([{ status: 200 }], { MAIL_DAILY_LIMIT: "60" });
    for (let n = 0; n < 20; n += 1) assert.equal((await testMail(op, `one-${n}@people.test`)).status, 200, String(n));
    const refused = await testMail(op, "one-more@people.test");
    assert.equal(refused.status, 429);
    assert.match((await refused.json()).error_description, /20 tests in 24 hours .*test again later/);
    assert.equal(requests.length, 20);
    op.clock.advance({ hours: 25 });
    assert.equal((await testMail(op)).status, 200);
  });

  test("what was sent is forgotten after a day, and what was given up after a month", async () => {
    const { op } = await withProvider([{ status: 200 }, { status: 422 }]);
    await tested(op);
    await tested(op);
    op.clock.advance({ days: 2 });
    await op.cron();
    assert.deepEqual((await listed(op)).map(({ state }) => state), ["failed"]);
    op.clock.advance({ days: 30 });
    await op.cron();
    assert.deepEqual(await listed(op), []);
  });

  test("the list has pages", async () => {
    const { op } = await withProvider([{ status: 200 }]);
    for (const name of ["a", "b", "c"]) await tested(op, `${name}@people.test`);
    const first = await op.json("/admin/api/mail?limit=2", { bearer: op.adminToken });
    const second = await op.json(`/admin/api/mail?limit=2&after=${first.next}`, { bearer: op.adminToken });
    const ids = [...first.mails, ...second.mails].map(({ id }) => id);
    assert.equal(new Set(ids).size, 3);
    assert.equal(second.next, null);
  });
});

describe("bad input", () => {
  test("an address that is none is refused, whatever it would become", async () => {
    const { op, requests } = await withProvider([{ status: 200 }]);
    for (const to of [
      "",
      "ada",
      "a@b.test\r\nBcc: c@d.test",
      "a@b.test, c@d.test",
      "Ada <a@b.test>",
      `${"a".repeat(65)}@b.test`,
      `a@${"b".repeat(250)}.test`,
      7,
      null,
      ["a@b.test"],
    ]) {
      assert.equal((await testMail(op, to)).status, 400, JSON.stringify(to));
    }
    for (const body of [{}, [], { to: "a@b.test", subject: "x" }, { to: "a@b.test", language: 7 }]) {
      assert.equal((await op.admin("/admin/api/mail/test", { json: body })).status, 400, JSON.stringify(body));
    }
    assert.equal(requests.length, 0);
  });

  test("states, limits and parameters that there are not are refused", async () => {
    const { op } = await withProvider([{ status: 200 }]);
    for (const query of ["?state=lost", "?limit=0", "?limit=201", "?limit=x", "?who=ada"]) {
      assert.equal((await op.admin(`/admin/api/mail${query}`)).status, 400, query);
    }
  });

  test("nobody but the operator sees or sends any", async () => {
    const { op } = await withProvider([{ status: 200 }]);
    for (const [path, init] of [
      ["/admin/api/mail", {}],
      ["/admin/api/mail/test", { json: { to: "a@b.test" } }],
      ["/admin/api/mail/x/retry", { method: "POST" }],
      ["/admin/api/mail/x", { method: "DELETE" }],
    ]) {
      assert.equal((await op.fetch(path, { bearer: "wrong", ...init })).status, 401, path);
    }
  });
});

describe("where mails are off", () => {
  test("there is no test, and nothing is written", async () => {
    const op = await startLimen();
    assert.equal((await testMail(op)).status, 409);
    assert.deepEqual(await status(op), { transport: "off" });
    assert.deepEqual(await listed(op), []);
  });
});

describe("in development", () => {
  test("mails are shown on a page and in the log", async () => {
    const op = await startLimen({ issuer: "http://localhost:8787" });
    const { id, state } = await tested(op, "ada@people.test", { language: "fr" });
    assert.equal(state, "sent");
    const page = await (await op.fetch("/dev/mail")).text();
    assert.match(page, /ada@people\.test/);
    assert.match(page, /Celui-ci est arriv/);
    const html = await op.fetch(`/dev/mail/${id}`);
    assert.match(html.headers.get("content-security-policy"), /^default-src 'none'; style-src 'unsafe-inline'/);
    assert.match(await html.text(), /<html lang="fr"/);
    assert.equal((await op.fetch("/dev/mail/nothing")).status, 404);
    assert.ok(op.logs.some((line) => line.includes('"event":"mail"') && line.includes("ada@people.test")));
  });

  test("elsewhere there is no such page", async () => {
    const { op } = await withProvider([{ status: 200 }]);
    const { id } = await tested(op);
    for (const path of ["/dev/mail", `/dev/mail/${id}`]) assert.equal((await op.fetch(path)).status, 404, path);
    const shown = await startLimen({ vars: { ...MAIL_VARS, MAIL: "development" } });
    const response = await shown.fetch("/dev/mail");
    assert.equal(response.status, 503);
    assert.match(await response.text(), /loopback/);
  });
});
