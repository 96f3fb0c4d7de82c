// The username, name and address of a person, at the console.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { MAIL_VARS } from "../support/mail.mjs";
import { operator } from "./support.mjs";

const op = await startLimen();
const owner = await operator(op, "owner");
const read = ({ id }) => op.json(`/admin/api/users/${id}`, { bearer: op.adminToken });
const pageOf = ({ id }) => `/admin/people/${id}/profile`;
const csrfOf = async (one) => /name="csrf" value="([^"]+)"/.exec((await one.browser.open("/account/profile")).html)[1];
const valueOf = (page, wanted) => page.elements("input").find(({ id }) => id === wanted).value;

describe("the profile of a person", () => {
  test("is changed in what the form says otherwise, and is in the audit without its values", async () => {
    const ada = await op.person({ nickname: "Countess" });
    assert.ok((await owner.open(`/admin/people/${ada.id}`)).html.includes(`href="${pageOf(ada)}"`));
    const form = await owner.open(pageOf(ada));
    assert.equal(valueOf(form, "email"), ada.email);
    assert.match(form.html, /id="email_verified"[^>]* checked/);
    const saved = await owner.browser.submit(form, "save", { name: "Ada King", email_verified: "yes" });
    assert.equal(saved.status, 200);
    const { name, username, email, email_verified, nickname } = await read(ada);
    assert.deepEqual({ name, username, email, email_verified, nickname }, { name: "Ada King", username: ada.username, email: ada.email, email_verified: true, nickname: "Countess" });
    const { events } = await op.json(`/admin/api/audit?user=${ada.id}&event=user_changed`, { bearer: op.adminToken });
    assert.equal(events[0].operator_user_id, owner.person.id);
    assert.deepEqual(events[0].detail, { changed: ["name"] });
  });

  test("with another address is of somebody who has not confirmed it, until the operator says so", async () => {
    const ada = await op.person();
    // The tick was made for the address before.
    await owner.browser.submit(await owner.open(pageOf(ada)), "save", { email: "ada.king@people.test", email_verified: "yes" });
    const moved = await read(ada);
    assert.deepEqual([moved.email, moved.email_verified], ["ada.king@people.test", undefined]);
    op.clock.advance({ seconds: 2 });
    await owner.browser.submit(await owner.open(pageOf(ada)), "save", { email_verified: "yes" });
    assert.equal((await read(ada)).email_verified, true);
    op.clock.advance({ seconds: 2 });
    const emptied = await owner.browser.submit(await owner.open(pageOf(ada)), "save", { name: " ", email: "" });
    assert.equal(emptied.status, 200);
    const now = await read(ada);
    assert.deepEqual([now.name, now.email, now.email_verified], [undefined, undefined, undefined]);
    await owner.browser.submit(await owner.open(pageOf(ada)), "save", {});
    assert.equal((await read(ada)).updated_at, now.updated_at, "nothing was changed");
  });

  test("that cannot be is shown with what was typed and what is wrong, and nothing is changed", async () => {
    const [ada, grace] = [await op.person(), await op.person()];
    for (const [field, typed, why] of [
      ["username", "a b", /^Username/],
      ["username", "", /^Username/],
      ["username", grace.username, /is taken/],
      ["email", "nowhere", /^E-mail/],
      ["email", grace.email, /is taken/],
      ["name", "x".repeat(3_000), /^Name/],
    ]) {
      const wrong = await owner.browser.submit(await owner.open(pageOf(ada)), "save", { [field]: typed, name: field === "name" ? typed : "Typed" });
      assert.equal(wrong.status, 400, `${field}: ${typed}`);
      assert.match(wrong.alert, why);
      assert.equal(valueOf(wrong, "name"), field === "name" ? typed : "Typed");
      assert.equal((await read(ada)).name, ada.name);
    }
  });

  test("is not changed where somebody else has changed it, of an operator who may do more, of oneself, or by who may only read", async () => {
    const ada = await op.person();
    const form = await owner.open(pageOf(ada));
    op.clock.advance({ seconds: 2 });
    await op.changePerson(ada, { name: "Paris" });
    const stale = await owner.browser.submit(form, "save", { name: "Berlin" });
    assert.equal(stale.status, 400);
    assert.match(stale.alert, /was changed since this page/);
    assert.equal((await read(ada)).name, "Paris");
    const people = await operator(op, "people");
    const csrf = await csrfOf(people);
    for (const whom of [owner.person, people.person]) {
      const page = await people.open(pageOf(whom));
      assert.ok(page.status === 200 && !page.html.includes('id="save"'));
      const form = { csrf, shown: "1", username: whom.username, email: "rome@people.test" };
      assert.equal((await people.browser.fetch(pageOf(whom), { form })).status, 403);
      assert.equal((await read(whom)).email, whom.email);
    }
    const reader = await operator(op, "read_only");
    const page = await reader.open(pageOf(ada));
    assert.ok(page.text.includes("Paris") && !page.html.includes('id="save"'));
    const { updated_at } = await read(ada);
    const sent = { csrf: await csrfOf(reader), shown: String(updated_at), username: ada.username, name: "Rome" };
    assert.equal((await reader.browser.fetch(pageOf(ada), { form: sent })).status, 403);
    assert.equal((await owner.browser.fetch(pageOf({ id: "nobody" }))).status, 404);
  });

  test("tells a confirmed address that another came in its place", async () => {
    const mailing = await startLimen({ vars: MAIL_VARS });
    const owner = await operator(mailing, "owner");
    const ada = await mailing.person();
    await owner.browser.submit(await owner.open(pageOf(ada)), "save", { email: "other@people.test" });
    const mails = await mailing.rows("SELECT address FROM mail_outbox WHERE user_id = ?", ada.id);
    assert.deepEqual(mails, [{ address: ada.email }]);
  });
});
