// People who are added and invited at the console.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { linkIn, Mailbox, MAIL_VARS } from "../support/mail.mjs";
import { operator } from "./support.mjs";

const NEW = "/admin/people/new";
const INVITATIONS = "/admin/people/invitations";
const PASSWORD = "three random words";

const op = await startLimen({ vars: { SIGNUP: "invitation" } });
const mailing = await startLimen({ vars: { ...MAIL_VARS, SIGNUP: "invitation" } });
const mailbox = new Mailbox(mailing);

const audit = async (query, at = op) => (await at.json(`/admin/api/audit?${query}`, { bearer: at.adminToken })).events;
const found = async (username, at = op) => (await at.json(`/admin/api/users?username=${username}`, { bearer: at.adminToken })).users[0];
const invited = async (at = op) => (await at.json("/admin/api/invitations", { bearer: at.adminToken })).invitations;
const csrfOf = async (browser) => /name="csrf" value="([^"]+)"/.exec((await browser.open("/account/profile")).html)[1];
const told = (answer) => /done=(\w+)\./.exec(answer.headers.get("location") ?? answer.url)?.[1];
const shownLink = (page) => /id="secret"><code>([^<]+)</.exec(page.html)?.[1];

async function sender(one, path) {
  const csrf = await csrfOf(one.browser);
  return (form, init) => one.browser.fetch(path, { form: { csrf, ...form }, ...init });
}

/** Opens a link and sets a password there. */
async function setUp(link, at = op) {
  const browser = at.browser();
  const page = await browser.open(link);
  return browser.submit(page, "new_password", { new_password: PASSWORD });
}

describe("a person who is added", () => {
  test("comes in by a link that is shown once, is in the groups, and all is in the audit under the operator's id", async () => {
    const one = await operator(op, "people");
    const { id: group } = await (await op.admin("/admin/api/groups", { json: { name: "Staff" } })).json();
    const list = await one.open("/admin/people?search=nobody-at-all");
    assert.deepEqual(list.elements("a").filter(({ href }) => href === NEW).length, 2, "above the list, and where it is empty");
    const page = await one.open(NEW);
    assert.match(page.text, /sets up how to sign in with a link/);
    assert.doesNotMatch(page.html, /name="way"/, "no mails are sent here");
    const form = { username: " Grace ", name: "Grace Hopper", email: "grace@people.test", group };
    const shown = await one.browser.submit(page, "make", form, { button: "make" });
    const link = shownLink(shown);
    assert.ok(shown.status === 200 && link?.startsWith(op.url("/setup?link=")), shown.text);
    assert.equal(shown.headers.get("cache-control"), "no-store");
    const grace = await found("Grace");
    assert.deepEqual([grace.name, grace.email, grace.email_verified], ["Grace Hopper", "grace@people.test", undefined]);
    const groups = await op.json(`/admin/api/users/${grace.id}/groups`, { bearer: op.adminToken });
    assert.deepEqual(groups.groups.map(({ id }) => id), [group]);
    for (const event of ["user_created", "set_up_link_made", "group_member_added"]) {
      const [{ operator_user_id: by }] = await audit(`user=${grace.id}&event=${event}`);
      assert.equal(by, one.person.id, event);
    }
    assert.ok(shown.elements("a").some(({ href }) => href === `/admin/people/${grace.id}`));
    assert.equal((await setUp(link)).status, 200);
    const browser = op.browser();
    const account = await browser.signIn(await browser.open("/account"), { username: "grace", password: PASSWORD });
    assert.match(account.text, /Grace Hopper/);
  });

  test("who cannot be is explained in the words of the admin API, and what was typed is there", async () => {
    const one = await operator(op, "people");
    const ada = await op.person();
    const before = (await op.rows("SELECT COUNT(*) AS n FROM users"))[0].n;
    for (const [form, why] of [
      [{ username: "" }, /^Username: is missing/],
      [{ username: "a b" }, /^Username: /],
      [{ username: ada.username }, /is taken/],
      [{ username: "x-1", email: "no address" }, /^E-mail: /],
      [{ username: "x-1", name: "a\u202eb" }, /^Name: /],
      [{ username: "x-1", way: "mail" }, /^E-mail: is missing/],
    ]) {
      const page = await one.browser.submit(await one.open(NEW), "make", { name: "Typed", ...form }, { button: "make" });
      assert.deepEqual([page.status, why.test(page.alert.trim())], [400, true], `${JSON.stringify(form)}: ${page.alert}`);
      assert.equal(page.elements("input").find(({ id }) => id === "username").value, form.username);
    }
    assert.equal((await op.rows("SELECT COUNT(*) AS n FROM users"))[0].n, before);
  });

  test("is put into no group that there is not, nor by somebody who may not", async () => {
    const send = await sender(await operator(op, "owner"), NEW);
    assert.equal((await send({ username: "grouped", group: ["nothing", "g".repeat(5_000)] })).status, 200);
    const { id } = await found("grouped");
    assert.deepEqual((await op.json(`/admin/api/users/${id}/groups`, { bearer: op.adminToken })).groups, []);
    assert.deepEqual(await audit(`user=${id}&event=group_member_added`), []);
  });

  test("gets the link by mail where mails are sent, and has shown that the address is theirs", async () => {
    const one = await operator(mailing, "people");
    const page = await one.open(NEW);
    const form = { username: "mailed", email: "mailed@people.test", way: "mail" };
    const done = await one.browser.submit(page, "make", form, { button: "make" });
    assert.match(done.html, /on its way by mail/);
    const person = await found("mailed", mailing);
    assert.equal(person.email_verified, undefined, "nobody has read the mail so far");
    assert.equal(new URL(done.url).pathname, `/admin/people/${person.id}`);
    const mail = await mailbox.await("mailed@people.test");
    assert.match(mail.subject, /Your account at /);
    assert.equal(await mailbox.count("mailed@people.test"), 1, "no notice beside it that there is a link");
    assert.equal((await setUp(linkIn(mail), mailing)).status, 200);
    assert.equal((await found("mailed", mailing)).email_verified, true);
    assert.equal((await audit(`user=${person.id}&event=email_confirmed`, mailing)).length, 1);
    const browser = mailing.browser();
    assert.equal((await browser.signIn(await browser.open("/account"), { username: "mailed@people.test", password: PASSWORD })).status, 200);
  });

  test("has not shown whose the address is by a link that the operator had, nor for another address", async () => {
    const one = await operator(mailing, "people");
    const mailed = async (username) => {
      const form = { username, email: `${username}@people.test`, way: "mail" };
      await one.browser.submit(await one.open(NEW), "make", form, { button: "make" });
      return { ...(await found(username, mailing)), link: linkIn(await mailbox.await(form.email)) };
    };
    const [remade, moved, other] = [await mailed("remade"), await mailed("moved"), await mailed("other")];
    const link = await mailing.json(`/admin/api/users/${remade.id}/setup_link`, { json: {}, bearer: mailing.adminToken });
    assert.equal((await mailing.browser().open(remade.link)).status, 400);
    assert.equal((await setUp(link.url, mailing)).status, 200);
    await mailing.changePerson(moved, { email: "elsewhere@people.test" });
    assert.equal((await setUp(moved.link, mailing)).status, 200);
    await mailing.changePerson(other, { email: "OTHER@people.test" });
    assert.equal((await setUp(other.link, mailing)).status, 200, "the link is good, for another mailbox");
    for (const { username, id } of [remade, moved, other]) {
      assert.equal((await found(username, mailing)).email_verified, undefined, username);
      assert.deepEqual(await audit(`user=${id}&event=email_confirmed`, mailing), []);
    }
  });

  test("gets no mail beyond the limit of the day: the operator is shown the link, which shows nothing of the address", async () => {
    const own = await startLimen({ vars: { ...MAIL_VARS, MAIL_DAILY_LIMIT: "1", SIGNUP: "invitation" } });
    const box = new Mailbox(own);
    const one = await operator(own, "people");
    const send = await sender(one, NEW);
    assert.equal(told(await send({ username: "first", email: "first@people.test", way: "mail" })), "mailed");
    await box.await("first@people.test");
    const beyond = await send({ username: "second", email: "second@people.test", way: "mail" });
    assert.equal(beyond.status, 200);
    const link = shownLink({ html: await beyond.text() });
    assert.equal((await setUp(link, own)).status, 200);
    assert.equal(await box.count("second@people.test"), 0);
    assert.equal((await found("second", own)).email_verified, undefined);
    const invite = await sender(one, INVITATIONS);
    assert.equal((await invite({ do: "invite", email: "third@people.test", way: "mail" })).status, 200);
    assert.deepEqual((await invited(own)).map(({ email, email_verified: verified }) => [email, verified]), [["third@people.test", false]]);
  });
});

describe("an invitation", () => {
  test("is made with a link that is shown once, is listed, and taken back, under the operator's id", async () => {
    const one = await operator(op, "people");
    const form = { email: "<b>@people.test", note: "x" };
    assert.equal((await one.browser.submit(await one.open(INVITATIONS), "make", form, { button: "make" })).status, 400);
    const shown = await one.browser.submit(await one.open(INVITATIONS), "make", { email: "ivy@people.test", note: "<b>Ivy</b>" }, { button: "make" });
    const link = shownLink(shown);
    assert.ok(link?.startsWith(op.url("/signup?invitation=")), shown.text);
    const [{ id, email, note, email_verified: verified }] = await invited();
    assert.deepEqual([email, note, verified], ["ivy@people.test", "<b>Ivy</b>", false]);
    const listed = await one.open(INVITATIONS);
    assert.match(listed.text, /ivy@people\.test.*<b>Ivy<\/b>/);
    assert.doesNotMatch(listed.html, /<b>|invitation=/);
    assert.equal((await op.browser().open(link)).status, 200);
    const send = await sender(one, INVITATIONS);
    assert.equal(told(await send({ take_back: id })), "link_revoked");
    assert.equal(told(await send({ take_back: id })), "nothing");
    assert.equal(told(await send({ take_back: "x" })), "nothing");
    assert.equal((await op.browser().open(link)).status, 400);
    assert.deepEqual(await invited(), []);
    for (const event of ["invitation_made", "invitation_revoked"]) {
      const [{ operator_user_id: by, detail }] = await audit(`event=${event}`);
      assert.deepEqual([by, detail.invitation], [one.person.id, id], event);
    }
  });

  test("for anybody makes one account", async () => {
    const send = await sender(await operator(op, "owner"), INVITATIONS);
    const link = shownLink({ html: await (await send({ do: "invite" })).text() });
    const browser = op.browser();
    const person = { email: "nora@people.test", username: "nora", password: PASSWORD };
    const done = await browser.submit(await browser.open(link), "email", person);
    assert.equal(done.url, op.url("/account"), done.text);
    assert.deepEqual(await invited(), []);
  });

  test("goes by mail where mails are sent, and its link shows whose the address is", async () => {
    const one = await operator(mailing, "people");
    const page = await one.open(INVITATIONS);
    const done = await one.browser.submit(page, "make", { email: "Olga@people.test", way: "mail" }, { button: "make" });
    assert.match(done.html, /on its way by mail/);
    assert.doesNotMatch(done.html, /invitation=/);
    const browser = mailing.browser();
    const form = await browser.open(linkIn(await mailbox.await("Olga@people.test")));
    const account = await browser.submit(form, "email", { email: "Olga@people.test", username: "olga", password: PASSWORD });
    assert.equal(account.url, mailing.url("/account"), account.text);
    assert.equal((await found("olga", mailing)).email_verified, true);
  });

  test("is not made where SIGNUP is off", async () => {
    const own = await startLimen();
    const one = await operator(own, "owner");
    const page = await one.open(INVITATIONS);
    assert.deepEqual([page.status, page.has("make"), /SIGNUP is off/.test(page.text)], [200, false, true]);
    const send = await sender(one, INVITATIONS);
    assert.equal((await send({ do: "invite" })).status, 400);
    assert.deepEqual(await invited(own), []);
  });

  test("is found a page at a time", async () => {
    const own = await startLimen({ vars: { SIGNUP: "invitation" } });
    for (let n = 0; n < 52; n++) await own.admin("/admin/api/invitations", { json: { expires_in: 3_600 + n } });
    const one = await operator(own, "people");
    const count = (page) => page.html.match(/name="take_back" value=/g)?.length ?? 0;
    const first = await one.open(INVITATIONS);
    assert.equal(count(first), 50);
    const { href } = first.elements("a").find(({ id }) => id === "next");
    assert.equal(count(await one.open(href)), 2);
    for (const query of ["after=x", "x=1"]) assert.equal((await one.open(`${INVITATIONS}?${query}`)).status, 400, query);
  });
});

test("people are added and invited by those who may, with a proof of this very sign-in, of just now, and not where the database fails", async () => {
  const forms = [[NEW, { username: "nobody-adds" }], [INVITATIONS, { do: "invite", note: "nobody-adds" }], [INVITATIONS, { take_back: "7.x" }]];
  for (const [role, ofNew, ofInvitations] of [["apps", 403, 403], ["auditor", 403, 403], ["read_only", 403, 200]]) {
    const one = await operator(op, role);
    assert.deepEqual([(await one.open(NEW)).status, (await one.open(INVITATIONS)).status], [ofNew, ofInvitations], role);
    if (role === "read_only") assert.ok(!(await one.open(INVITATIONS)).has("make") && !(await one.open("/admin/people")).html.includes(NEW));
    for (const [path, form] of forms) assert.equal((await (await sender(one, path))(form)).status, 403, `${role} ${path}`);
  }
  const [one, other] = [await operator(op, "people"), await operator(op, "people")];
  for (const csrf of ["", "x", await csrfOf(other.browser)]) {
    for (const [path, form] of forms) assert.equal((await (await sender(one, path))({ ...form, csrf })).status, 403, path);
  }
  const send = await sender(one, INVITATIONS);
  for (const form of [{}, { do: "x" }, { do: "invite", take_back: "7.x" }]) assert.equal((await send(form)).status, 400, JSON.stringify(form));
  for (const [path, form] of forms.slice(0, 2)) assert.equal((await (await sender(one, path))(form, { d1: { down: true } })).status, 503, path);
  op.clock.advance({ minutes: 11 });
  for (const [path, form] of forms) {
    const stale = await (await sender(one, path))(form);
    assert.deepEqual([stale.status, stale.headers.get("location")], [303, `/login?page=${path.slice(1)}`]);
    const page = await one.open(path);
    assert.ok(page.html.includes('id="confirm"') && !page.has("make"), path);
  }
  assert.equal(await found("nobody-adds"), undefined);
  assert.ok((await invited()).every(({ note }) => note !== "nobody-adds"));
});
