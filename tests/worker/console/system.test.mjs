// The audit and the state of the deployment at the console.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { MAIL_VARS } from "../support/mail.mjs";
import { operator } from "./support.mjs";

const op = await startLimen();

describe("the audit", () => {
  test("is filtered by what happened, to whom, with which app and by whom, a page at a time", async () => {
    const one = await operator(op, "auditor");
    const help = await operator(op, "people");
    const ada = await op.person();
    await help.act(ada, { do: "new_password" });
    const shown = async (query) => {
      const page = await one.open(`/admin/audit?${query}`);
      assert.equal(page.status, 200, query);
      return page;
    };
    const page = await shown(`event=new_password_required&user=${ada.id}&client=&operator_user=${help.person.id}`);
    assert.match(page.text, new RegExp(`new_password_required.*${ada.username}.*by ${help.person.username}`));
    assert.match(page.html, /value="new_password_required" selected/);
    assert.doesNotMatch(page.html, /href="\/admin\/people/, "an auditor sees no people");
    const owners = await (await operator(op, "owner")).open(`/admin/audit?user=${ada.id}`);
    for (const { id } of [ada, help.person]) assert.ok(owners.html.includes(`href="/admin/people/${id}"`));
    assert.match((await shown(`user=${ada.id}&event=role_given`)).text, /No event was found/);
    assert.match((await shown(`user=${ada.username}&operator_user=${help.person.username}`)).text, new RegExp(`new_password_required.*${ada.username}.*by ${help.person.username}`), "by usernames, too");
    assert.match((await shown("user=no-such-person")).text, /Nobody is called\s+no-such-person\s+here now/);

    const insert = "INSERT INTO audit (at, event, outcome, actor, request_id) VALUES (1, 'mail_tested', 'success', 'operator', 'r')";
    for (let n = 0; n < 51; n++) await op.rows(insert);
    const first = await shown("event=mail_tested");
    assert.equal(first.html.match(/<li>\s*<p class="item-title">/g).length, 50);
    assert.match(first.text, /mail_tested.*by ADMIN_TOKEN/s, "nobody is named, so who acted is");
    const { href } = first.elements("a").find(({ id }) => id === "next");
    assert.match(href, /^\/admin\/audit\?event=mail_tested&after=\d+$/);
    assert.equal((await one.open(href)).html.match(/<li>\s*<p class="item-title">/g).length, 1);
    for (const query of ["from=2026-02-31", "event=x", "x=1", "user=a&user=b", "after=x", "from=2026-13-01", "to=x"]) assert.equal((await one.open(`/admin/audit?${query}`)).status, 400, query);
  });

  test("is filtered by days, the last one included", async () => {
    // Ids rise with time, so these come first.
    const own = await startLimen();
    const at = (text) => Date.parse(text) / 1000;
    const insert = "INSERT INTO audit (at, event, outcome, actor, request_id, network) VALUES (?, 'terms_accepted', 'success', 'person', 'r', ?)";
    for (const [text, network] of [["2001-02-03T23:59:59Z", "before"], ["2001-02-04T00:00:00Z", "morning"], ["2001-02-05T23:59:59Z", "evening"], ["2001-02-06T00:00:00Z", "after"]]) {
      await own.rows(insert, at(text), network);
    }
    const one = await operator(own, "auditor");
    const page = await one.open("/admin/audit?event=terms_accepted&from=2001-02-04&to=2001-02-05");
    assert.deepEqual(["before", "morning", "evening", "after"].map((network) => page.text.includes(` ${network} `)), [false, true, true, false]);
    assert.match(page.html, /name="from" type="date" value="2001-02-04"/);
  });

  test("is kept as a file, which goes on behind an event, by those who may read it", async () => {
    const one = await operator(op, "auditor");
    const file = await one.browser.fetch("/admin/audit/export?after=");
    assert.deepEqual([file.status, file.headers.get("content-type")], [200, "application/x-ndjson"]);
    assert.match(file.headers.get("content-disposition"), /attachment; filename="limen-audit\.jsonl"/);
    assert.match(file.headers.get("cache-control"), /no-store/);
    const events = (await file.text()).trim().split("\n").map((line) => JSON.parse(line));
    const rest = await (await one.browser.fetch(`/admin/audit/export?after=${events.at(-2).id}`)).text();
    assert.equal(JSON.parse(rest.split("\n")[0]).id, events.at(-1).id);
    for (const query of ["after=x", "x=1", "after=1&after=2"]) assert.equal((await one.browser.fetch(`/admin/audit/export?${query}`)).status, 400, query);
    assert.equal((await (await operator(op, "apps")).browser.fetch("/admin/audit/export")).status, 403);
    assert.equal((await op.fetch("/admin/audit/export")).status, 303);
  });

  test("shows nothing of what a client or a person wrote as markup", async () => {
    const one = await operator(op, "owner");
    await op.rows(`INSERT INTO audit (at, event, outcome, actor, request_id, detail, network) VALUES (1, 'flooded', 'failure', 'anybody', 'r', '{"a":"<img src=x>"}', '<b>')`);
    const page = await one.open("/admin/audit?event=flooded");
    assert.match(page.text, /flooded\s+failure\s+anybody/);
    assert.match(page.text, /<img src=x>/);
    assert.doesNotMatch(page.html, /<img|<b>/);
    const client = await op.client({ client_name: "by ada" });
    assert.match((await one.open(`/admin/audit?client=${client.id}`)).text, new RegExp(`App \\(client ID\\): by ada ${client.id}`));
  });
});

test("the system shows each role what that may read, and no secret", async () => {
  await op.cron();
  await op.jwks();
  const { key, name } = await (await op.admin("/admin/api/api_keys", { json: { name: "Sync", scopes: ["mail:read"] } })).json();
  const parts = async (role) => {
    const one = await operator(op, role);
    const page = await one.open("/admin/system");
    if (page.status !== 200) return page.status;
    for (const secret of [key, op.adminToken, op.variable("KEK_1")]) assert.ok(!page.html.includes(secret), role);
    return ["keys", "api-keys", "operators", "settings"].filter((part) => page.html.includes(`<section class="other-way" id="${part}">`));
  };
  assert.deepEqual(await parts("owner"), ["keys", "api-keys", "operators", "settings"]);
  assert.deepEqual(await parts("auditor"), ["keys", "api-keys", "operators", "settings"]);
  assert.deepEqual(await parts("read_only"), ["keys", "api-keys", "operators", "settings"]);
  assert.deepEqual(await parts("apps"), ["keys", "settings"]);
  assert.equal(await parts("people"), 403);
  const page = await (await operator(op, "owner")).open("/admin/system");
  assert.match(page.text, /Signs now/);
  assert.match(page.text, new RegExp(`${name}.*mail:read`));
  assert.match(page.text, /ADMIN_TOKEN set, and not shown \(set\)/);
  assert.match(page.text, /CONSOLE on \(default\)/);
  for (const path of ["/admin/audit", "/admin/system", "/admin/mail", "/admin/groups", "/admin/apps"]) {
    assert.equal((await (await operator(op)).open(path)).status, 403, path);
  }
});

const csrfOf = async (browser) => /name="csrf" value="([^"]+)"/.exec((await browser.open("/account/profile")).html)[1];
const audit = async (query) => (await op.json(`/admin/api/audit?${query}`, { bearer: op.adminToken })).events;
const told = (answer) => /done=(\w+)\./.exec(answer.headers.get("location"))?.[1];

describe("signing keys", () => {
  const keys = async (own) => (await own.json("/admin/api/keys", { bearer: own.adminToken })).keys;

  test("are rotated and revoked by owners, after it was said what that does, under their names", async () => {
    const own = await startLimen();
    await own.cron();
    const one = await operator(own, "owner");
    const page = await one.open("/admin/system");
    assert.match(page.text, /its tokens count for nothing from now on|Its tokens count for nothing from now on/i);
    const [current] = (await keys(own)).filter(({ state, alg }) => state === "current" && alg === "RS256");
    const csrf = await csrfOf(one.browser);
    const send = (form) => one.browser.fetch("/admin/system", { form: { csrf, ...form } });
    assert.equal(told(await send({ retire: current.kid })), "key_rotated");
    const events = async (query) => (await own.json(`/admin/api/audit?${query}`, { bearer: own.adminToken })).events;
    assert.equal((await events("event=key_retired"))[0].operator_user_id, one.person.id);
    assert.equal(told(await send({ revoke: current.kid })), "key_revoked");
    assert.equal((await keys(own)).find(({ kid }) => kid === current.kid).state, "revoked");
    assert.equal((await events("event=key_revoked"))[0].operator_user_id, one.person.id);
    assert.equal(told(await send({ revoke: current.kid })), "nothing", "once");
    assert.equal(told(await send({ retire: "nothing" })), "nothing");
    assert.match((await one.open("/admin/system")).text, /Revoked: 20\d\d-/);
  });

  test("are left to those who may change them, with a proof and a sign-in of just now", async () => {
    const [current] = (await keys(op)).filter(({ state }) => state === "current");
    for (const role of ["auditor", "read_only", "apps", "people"]) {
      const one = await operator(op, role);
      const csrf = await csrfOf(one.browser);
      const page = await one.open("/admin/system");
      assert.ok(!page.html.includes('name="revoke"') && !page.html.includes('name="retire"'), role);
      for (const form of [{ revoke: current.kid }, { retire: current.kid }, { do: "make_key", name: "Mine", scope: "mail:read" }, { end_api_key: "x" }]) {
        assert.equal((await one.browser.fetch("/admin/system", { form: { csrf, ...form } })).status, 403, `${role} ${JSON.stringify(form)}`);
      }
    }
    const one = await operator(op, "owner");
    const csrf = await csrfOf(one.browser);
    assert.equal((await one.browser.fetch("/admin/system", { form: { csrf: "x", revoke: current.kid } })).status, 403);
    for (const form of [{}, { do: "x" }, { revoke: current.kid, retire: current.kid }]) {
      assert.equal((await one.browser.fetch("/admin/system", { form: { csrf, ...form } })).status, 400, JSON.stringify(form));
    }
    op.clock.advance({ minutes: 11 });
    const stale = await one.browser.fetch("/admin/system", { form: { csrf, revoke: current.kid } });
    assert.deepEqual([stale.status, stale.headers.get("location")], [303, "/login?page=admin/system"]);
    const page = await one.open("/admin/system");
    assert.ok(page.html.includes('id="confirm"') && !page.html.includes('name="revoke"'));
    assert.equal((await keys(op)).find(({ kid }) => kid === current.kid).state, "current");
  });
});

describe("API keys", () => {
  test("are made by owners, shown once, work as far as their scopes, and are revoked", async () => {
    const one = await operator(op, "owner");
    const page = await one.open("/admin/system");
    const fields = { name: "Nightly copy", days: "7", scope: ["audit:read", "mail:read"] };
    const made = await one.browser.submit(page, "make-key", fields, { button: "make-key" });
    assert.equal(made.status, 200);
    const [, key] = /id="secret"><code>(limen_[\w.-]+)</.exec(made.html);
    const call = async (path) => (await op.fetch(path, { bearer: key })).status;
    assert.deepEqual([await call("/admin/api/audit"), await call("/admin/api/users")], [200, 403]);
    const [listed] = (await op.json("/admin/api/api_keys", { bearer: op.adminToken })).api_keys.filter(({ name }) => name === "Nightly copy");
    assert.equal(Math.round((listed.expires_at - listed.created_at) / 86400), 7);
    const [event] = await audit("event=api_key_made");
    assert.deepEqual([event.operator_user_id, event.detail.name], [one.person.id, "Nightly copy"]);
    const after = await one.open("/admin/system");
    assert.ok(!after.html.includes(key) && after.text.includes("Nightly copy"));
    assert.deepEqual([listed.made_by, listed.made_by_user, listed.made_by_client], [null, one.person.id, null]);
    const maker = `Made by <a href="/admin/people/${one.person.id}"><bdi>${one.person.username}</bdi></a>`;
    assert.ok(after.html.includes(maker), after.html);
    const auditor = await (await operator(op, "auditor")).open("/admin/system");
    assert.ok(auditor.html.includes(`Made by <bdi>${one.person.username}</bdi>`), "without the page that they may not see");
    const csrf = await csrfOf(one.browser);
    const end = () => one.browser.fetch("/admin/system", { form: { csrf, end_api_key: listed.id } });
    assert.deepEqual([told(await end()), await call("/admin/api/audit"), told(await end())], ["removed", 401, "nothing"]);
    assert.equal((await audit("event=api_key_revoked"))[0].operator_user_id, one.person.id);
  });

  test("that cannot be are explained, and what was typed is there", async () => {
    const one = await operator(op, "owner");
    const page = await one.open("/admin/system");
    for (const [fields, why] of [
      [{ name: "My key", days: "7" }, /^Scopes: must be/],
      [{ name: 'My "key"', scope: "mail:read" }, /^Name: must be/],
      [{ name: "Soon", days: "soon", scope: "mail:read" }, /^Valid for so many days: must be a whole number from 1 to 3650/],
      [{ name: "<b>", scope: "mail:read" }, /^Name: must be/],
      [{ name: "Forever", days: "99999", scope: "mail:read" }, /^Valid for so many days: must be a whole number from 1 to 3650/],
    ]) {
      const wrong = await one.browser.submit(page, "make-key", fields, { button: "make-key" });
      assert.equal(wrong.status, 400, fields.name);
      assert.match(wrong.alert, why);
      assert.doesNotMatch(wrong.html, /<b>/);
      const typed = wrong.elements("input").find(({ id }) => id === "name").value;
      assert.equal(typed, fields.name);
    }
    assert.ok(!(await op.json("/admin/api/api_keys", { bearer: op.adminToken })).api_keys.some(({ name }) => ["Soon", "Forever"].includes(name)));
  });
});

describe("mails", () => {
  async function withMails() {
    const own = await startLimen({ vars: MAIL_VARS });
    own.serve("https://api.resend.com/emails", () => ({ json: { id: "1" } }));
    const insert = (id, { due = null, sent = null, problem = null } = {}) =>
      own.rows(
        "INSERT INTO mail_outbox (id, user_id, kind, address, folded, language, facts, root, attempts, due_at, sent_at, problem, created_at, expires_at) VALUES (?, NULL, 'test', ?, ?, 'en', '{}', 1, 3, ?, ?, ?, ?, 9999999999)",
        id, `${id}@acme.test`, `${id}@acme.test`, due, sent, problem, own.clock.seconds(),
      );
    await insert("given-up", { problem: "<b>E_RECIPIENT</b>" });
    await insert("gone", { sent: own.clock.seconds() });
    return { own, insert };
  }

  test("are shown without what is in them, tried again and forgotten", async () => {
    const { own, insert } = await withMails();
    const one = await operator(own, "owner");
    const page = await one.open("/admin/mail?state=failed");
    assert.match(page.text, /given-up@acme\.test.*Given up.*<b>E_RECIPIENT<\/b>/);
    assert.doesNotMatch(page.text, /gone@acme/);
    assert.doesNotMatch(page.html, /<b>/);
    const csrf = await csrfOf(one.browser);
    const send = (form) => one.browser.fetch("/admin/mail", { form: { csrf, ...form } });
    assert.equal(told(await send({ retry: "given-up" })), "mail_tried");
    assert.equal(told(await send({ retry: "gone" })), "nothing", "it was sent");
    await insert("stuck");
    assert.equal(told(await send({ delete: "stuck" })), "deleted");
    assert.equal(told(await send({ delete: "stuck" })), "nothing");
    assert.equal((await own.rows("SELECT 1 FROM mail_outbox WHERE id = 'stuck'")).length, 0);
    const { events } = await own.json("/admin/api/audit?event=mail_deleted", { bearer: own.adminToken });
    assert.deepEqual(events.map(({ operator_user_id: id }) => id), [one.person.id]);
    for (const form of [{}, { do: "retry" }, { retry: "a", delete: "a" }]) assert.equal((await send(form)).status, 400, JSON.stringify(form));
    for (const query of ["state=x", "x=1", "after=a&after=b"]) assert.equal((await one.open(`/admin/mail?${query}`)).status, 400, query);
    assert.equal((await one.browser.fetch("/admin/mail", { form: { csrf: "x", delete: "given-up" } })).status, 403);

    const help = await operator(own, "people");
    assert.match((await help.open("/admin/mail")).text, /given-up@acme\.test/);
    assert.doesNotMatch((await help.open("/admin/mail")).html, /name="delete"/);
    assert.equal((await help.browser.fetch("/admin/mail", { form: { csrf: await csrfOf(help.browser), delete: "given-up" } })).status, 403);
    for (const role of ["apps", "auditor"]) assert.equal((await (await operator(own, role)).open("/admin/mail")).status, 403, role);
  });

  test("come a page at a time, the newest first", async () => {
    const { own, insert } = await withMails();
    for (let n = 0; n < 55; n++) await insert(`mail-${String(n).padStart(2, "0")}`);
    const one = await operator(own, "read_only");
    const first = await one.open("/admin/mail?state=failed");
    const count = (page) => page.html.match(/@acme\.test<\/bdi>/g).length;
    assert.equal(count(first), 50);
    const { href } = first.elements("a").find(({ id }) => id === "next");
    assert.match(href, /^\/admin\/mail\?state=failed&after=/);
    assert.equal(count(await one.open(href)), 6);
  });
});
