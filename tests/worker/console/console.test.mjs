// The console: who gets in, what each role may do there, and what is written down.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { withApp } from "../support/codes.mjs";
import { startLimen } from "../support/limen.mjs";
import { grant, operator } from "./support.mjs";

const op = await startLimen();
const audit = async (query) => (await op.json(`/admin/api/audit?${query}`, { bearer: op.adminToken })).events;
const person = (id) => op.json(`/admin/api/users/${id}`, { bearer: op.adminToken });
const at = (whom) => `/admin/people/${whom.id}`;

/** Waits until `read` gives something: what is written after the answer. */
async function eventually(read) {
  for (let n = 0; n < 50; n++) {
    const found = await read();
    if (found) return found;
  }
  assert.fail("it never came");
}

describe("the way in", () => {
  test("leads somebody without a session to the sign-in page, and back to the very page", async () => {
    const [owner, ada] = [await operator(op, "owner"), await op.person()];
    const fresh = op.browser();
    const response = await fresh.fetch(at(ada));
    assert.equal(response.headers.get("location"), `/login?page=admin/people/${ada.id}`);
    const second = await fresh.signIn(await fresh.open(at(ada)), owner.person);
    const page = await fresh.submit(second, "code", { code: owner.app.nextCode() });
    assert.equal(new URL(page.url).pathname, at(ada));
    assert.match(page.text, /Ada Lovelace/);
  });

  test("is closed to everybody without a role, on every page and whatever they show, and to whoever lost theirs", async () => {
    const nobody = await operator(op);
    const ada = await op.person();
    for (const path of ["/admin", "/admin/people", at(ada), "/admin/people/nothing"]) {
      const page = await nobody.open(path);
      assert.deepEqual([page.status, page.text.includes("Ada Lovelace")], [403, false], path);
      assert.doesNotMatch(page.html, /\/admin/, path);
    }
    assert.equal((await nobody.act(ada, { do: "lock" })).status, 403);
    assert.equal((await person(ada.id)).disabled, false);

    const former = await operator(op, "owner");
    assert.equal((await former.open()).status, 200);
    await op.admin(`/admin/api/operators/${former.person.id}`, { method: "DELETE" });
    assert.equal((await former.open()).status, 403);
  });

  test("reads next to nothing for who has no session, whatever cookie they make up, nor for who has no role", async () => {
    const ada = await op.person();
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), ada);
    const cookie = `__Host-limen_session=1.${"A".repeat(43)}`;
    for (const path of ["/admin", "/admin/people", "/admin/people?search=a", at(ada)]) {
      const strangers = await op.fetch(path, { headers: { cookie }, measure: true });
      assert.equal(strangers.status, 303, path);
      const without = await browser.fetch(path, { measure: true });
      assert.equal(without.status, 403, path);
      for (const { headers } of [strangers, without]) assert.equal(headers.get("x-limen-test-d1"), "1", path);
    }
  });

  test("asks nobody without a role to set anything up on the way, and leads nowhere where there is no console", async () => {
    const ada = await op.person();
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/login?page=admin"), ada);
    assert.deepEqual([page.status, page.has("secret")], [403, false]);
    const closed = await startLimen({ vars: { CONSOLE: "off" } });
    assert.equal((await closed.fetch("/login?page=admin")).status, 404);
  });

  test("asks for a second factor where a session has none, also of a trusted browser, and has one set up where there is none", async () => {
    const weak = await op.person();
    assert.equal(await grant(op, weak, ["owner"]), 204);
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), weak);
    const setUp = await browser.open("/admin");
    assert.equal(new URL(setUp.url).pathname, "/login/second");
    assert.ok(setUp.has("secret"), "an app is set up");

    const ada = await op.person();
    const { app } = await withApp(op, ada);
    assert.equal(await grant(op, ada, ["owner"]), 204);
    const trusting = op.browser();
    const second = await trusting.signIn(await trusting.open("/account"), ada);
    await trusting.submit(second, "code", { code: app.nextCode(), trust: "yes" });
    assert.equal((await trusting.open("/admin")).status, 200);
    await trusting.open("/logout").then((page) => trusting.submit(page, "logout", {}, { button: "logout" }));
    const asked = await trusting.signIn(await trusting.open("/login?page=admin"), ada);
    assert.ok(asked.has("code"), "trust is not enough here");
    assert.equal((await trusting.submit(asked, "code", { code: app.nextCode() })).status, 200);
  });

  test("is not there where CONSOLE is off, or where nobody can be strong", async () => {
    for (const vars of [{ CONSOLE: "off" }, { SECOND_FACTOR: "off", SIGN_IN: "password" }]) {
      const closed = await startLimen({ vars });
      const ada = await closed.person();
      assert.equal(await grant(closed, ada, ["owner"]), 204);
      const browser = closed.browser();
      assert.equal((await browser.open("/admin")).status, 404);
      await browser.signIn(await browser.open("/account"), ada);
      for (const path of ["/admin", "/admin/people", at(ada)]) assert.equal((await browser.open(path)).status, 404, path);
    }
  });
});

describe("the overview", () => {
  test("tells what needs attention, counts, and draws sign-ins with the same as a table", async () => {
    const owner = await operator(op, "owner");
    const page = await owner.open();
    assert.match(page.text, /periodic run has never ended well/);
    assert.match(page.html, /<svg class="chart"[^>]* role="img" aria-label="Sign-ins of the last 14 days/);
    assert.equal(page.elements("rect").length, 14);
    const [today] = /<tbody>\s*<tr>.*?<\/tr>/s.exec(page.html);
    const { n } = (await op.rows("SELECT COUNT(*) AS n FROM audit WHERE event = 'sign_in'"))[0];
    assert.match(today, new RegExp(`<td>${n}</td><td>0</td>`));
    await op.cron();
    const later = await owner.open();
    assert.doesNotMatch(later.text, /periodic run/);
  });

  test("shows to each role what that may read", async () => {
    const shown = async (role) => {
      const { html } = await (await operator(op, role)).open();
      return [/id="attention"|is well/.test(html), /In numbers/.test(html), /class="chart"/.test(html), /href="\/admin\/people"/.test(html)];
    };
    assert.deepEqual(await shown("owner"), [true, true, true, true]);
    assert.deepEqual(await shown("people"), [false, true, true, true]);
    assert.deepEqual(await shown("apps"), [true, true, false, false]);
    assert.deepEqual(await shown("auditor"), [true, false, true, false]);
    assert.deepEqual(await shown("read_only"), [true, true, true, true]);
  });
});

describe("people", () => {
  test("are found by the beginning of a name or an address, a page at a time", async () => {
    const own = await startLimen();
    const owner = await operator(own, "people");
    for (let n = 0; n < 60; n++) {
      await own.admin("/admin/api/users", { json: { username: `zoe-${String(n).padStart(2, "0")}` } });
      // People of one second come in any order.
      own.clock.advance({ seconds: 1 });
    }
    const first = await owner.open("/admin/people?search=ZOE");
    assert.equal(first.html.match(/<li><a href="\/admin\/people\/[\w-]+"/g).length, 50);
    const { href } = first.elements("a").find(({ id }) => id === "next");
    const second = await owner.open(href.replaceAll("&#38;", "&"));
    assert.equal(second.html.match(/<li><a href="\/admin\/people\/[\w-]+"/g).length, 10);
    assert.match(second.text, /zoe-59/);
    const all = await owner.open("/admin/people?search=");
    assert.match(all.text, /zoe-59/, "the newest come first");
    assert.match((await owner.open("/admin/people?search=nobody-at-all")).text, /Nobody was found/);
    for (const query of ["x=1", "search=a&search=b", "after=x", "search=zoe&after=%00"]) {
      assert.ok([400, 200].includes((await owner.open(`/admin/people?${query}`)).status), query);
    }
  });

  test("are shown without a way for markup", async () => {
    const owner = await operator(op, "owner");
    const evil = await op.person({ name: '<script>alert(1)</script>"><img src=x onerror=alert(1)>' });
    const headers = { "user-agent": "<img src=x onerror=alert(2)>" };
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), evil, { headers });
    for (const path of [`/admin/people?search=${evil.username}`, at(evil)]) {
      const page = await owner.open(path);
      assert.equal(page.status, 200);
      assert.doesNotMatch(page.html, /<script>alert|<img/);
      const policy = page.headers.get("content-security-policy");
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe|script-src/);
      assert.equal(page.headers.get("cache-control"), "no-store");
    }
  });

  test("are open to those who may read people, and to nobody else", async () => {
    const ada = await op.person();
    for (const [role, status] of [["owner", 200], ["people", 200], ["read_only", 200], ["apps", 403], ["auditor", 403]]) {
      const one = await operator(op, role);
      assert.equal((await one.open("/admin/people")).status, status, role);
      assert.equal((await one.open(at(ada))).status, status, role);
    }
    const owner = await operator(op, "owner");
    assert.equal((await owner.open("/admin/people/nothing")).status, 404);
  });
});

describe("what is done to a person", () => {
  test("happens, is told, and is in the audit under the operator's id", async () => {
    const help = await operator(op, "people");
    const ada = await op.person();
    const theirs = op.browser();
    await theirs.signIn(await theirs.open("/account"), ada);
    const page = await help.open(at(ada));
    assert.match(page.text, /signed out everywhere, apps lose their access/, "it says what will happen");

    const done = await help.browser.submit(page, "lock", {}, { button: "lock" });
    assert.match(done.html, /role="status">The account is locked/);
    assert.equal((await person(ada.id)).disabled, true);
    assert.ok((await theirs.open("/account")).asksForPassword);
    const [event] = await audit(`user=${ada.id}&event=user_disabled`);
    assert.deepEqual(
      [event.actor, event.operator, event.operator_user_id, event.operator_username],
      ["operator", null, help.person.id, help.person.username],
    );
    const byThem = await audit(`operator_user=${help.person.id}`);
    assert.deepEqual(byThem.map(({ event }) => event), ["session_ended", "user_disabled"]);

    const opened = await help.browser.submit(done, "open", {}, { button: "open" });
    assert.match(opened.html, /unlocked/);
    assert.equal((await person(ada.id)).disabled, false);
  });

  test("is each of what the admin API does", async () => {
    const help = await operator(op, "people");
    const ada = await op.person();
    const { browser } = await withApp(op, ada);
    const client = await op.client();
    await client.tokens(await browser.obtain(client, ada));
    const events = async () => (await audit(`user=${ada.id}&operator_user=${help.person.id}`)).map(({ event }) => event);
    const location = async (fields) => {
      const response = await help.act(ada, fields);
      assert.equal(response.status, 303, JSON.stringify(fields));
      return /done=(\w+)\./.exec(response.headers.get("location"))[1];
    };
    assert.equal(await location({ revoke_grant: client.id }), "revoked");
    assert.equal(await location({ revoke_grant: client.id }), "nothing", "it is gone");
    const [factor] = (await op.json(`/admin/api/users/${ada.id}/second_factors`, { bearer: op.adminToken })).second_factors;
    assert.equal(await location({ remove_factor: factor.id }), "removed");
    assert.equal(await location({ remove_passkey: factor.id }), "nothing", "it is no passkey");
    assert.equal(await location({ do: "new_password" }), "new_password");
    assert.equal(await location({ do: "forget" }), "forgotten");
    const [session] = (await op.json(`/admin/api/users/${ada.id}/sessions`, { bearer: op.adminToken })).sessions;
    assert.equal(await location({ end_session: session.id }), "signed_out");
    assert.equal(await location({ end_session: session.id }), "nothing");
    assert.equal(await location({ do: "sign_out" }), "signed_out");

    const made = await help.act(ada, { do: "link" });
    assert.equal(made.status, 200);
    const [, link] = /id="secret"><code>([^<]+)</.exec(await made.text());
    assert.equal((await op.fetch(link.replaceAll("&#38;", "&"))).status, 200);
    assert.equal(await location({ do: "revoke_link" }), "link_revoked");
    assert.equal((await op.fetch(link.replaceAll("&#38;", "&"))).status, 400);
    assert.deepEqual(
      new Set(await events()),
      new Set(["consent_removed", "code_app_removed", "new_password_required", "unlocked", "session_ended", "set_up_link_made", "set_up_link_revoked"]),
    );
  });

  test("needs a role that may change people, and is refused otherwise, which is written down", async () => {
    const ada = await op.person();
    for (const role of ["read_only", "apps", "auditor"]) {
      const one = await operator(op, role);
      if (role === "read_only") {
        const page = await one.open(at(ada));
        assert.ok(!page.has("lock") && !page.has("link") && !page.has("save-roles"), "no way to change anything");
        assert.match(page.text, /Ada Lovelace/);
      }
      for (const fields of [{ do: "lock" }, { do: "link" }, { end_session: "x" }, { do: "roles", shown: "", role: "owner" }]) {
        assert.equal((await one.act(ada, fields)).status, 403, `${role} ${JSON.stringify(fields)}`);
      }
      const [event] = await eventually(async () => {
        const found = await audit(`operator_user=${one.person.id}&event=operator_refused`);
        return found.length && found;
      });
      assert.match(event.detail.needs, /:write$/);
    }
    assert.equal((await person(ada.id)).disabled, false);
  });

  test("needs a proof of this very sign-in, one thing, and a sign-in of just now", async () => {
    const help = await operator(op, "people");
    const other = await operator(op, "people");
    const ada = await op.person();
    const theirs = /name="csrf" value="([^"]+)"/.exec((await other.open(at(ada))).html)[1];
    for (const csrf of ["", "x", theirs]) assert.equal((await help.act(ada, { do: "lock" }, { csrf })).status, 403, csrf);
    for (const fields of [{}, { do: "delete" }, { do: "lock", end_session: "x" }, { do: ["lock", "open"] }]) {
      assert.equal((await help.act(ada, fields)).status, 400, JSON.stringify(fields));
    }
    assert.equal((await help.act(ada, { do: "roles", shown: "", role: "people" })).status, 403, "roles are for owners");

    op.clock.advance({ minutes: 11 });
    const stale = await help.act(ada, { do: "lock" });
    assert.deepEqual([stale.status, stale.headers.get("location")], [303, `/login?page=admin/people/${ada.id}`]);
    assert.equal((await person(ada.id)).disabled, false, "nothing happened");
    const page = await help.open(at(ada));
    assert.ok(!page.has("lock") && page.html.includes('id="confirm"'));
    const again = await help.confirm(await help.open(`/login?page=admin/people/${ada.id}`));
    assert.equal(new URL(again.url).pathname, at(ada));
    const done = await help.browser.submit(again, "lock", {}, { button: "lock" });
    assert.match(done.html, /is locked/);
  });

  test("is nothing that an operator does to themselves, or to somebody who may do more, at the console or by a key", async () => {
    const [help, owner] = [await operator(op, "people"), await operator(op, "owner")];
    for (const whom of [help, owner]) {
      const page = await help.open(at(whom.person));
      assert.equal(page.status, 200);
      assert.ok(!page.has("lock") && !page.has("link"));
      for (const fields of [{ do: "lock" }, { do: "link" }, { do: "sign_out" }, { do: "open" }]) {
        assert.equal((await help.act(whom.person, fields)).status, 403, JSON.stringify(fields));
      }
    }
    assert.equal((await owner.act(owner.person, { do: "roles", shown: "owner", role: "people" })).status, 403, "no owner locks themselves out");
    assert.equal((await owner.act(help.person, { do: "sign_out" })).status, 303);

    const { key } = await (await op.admin("/admin/api/api_keys", { json: { name: `Sync ${help.person.id}`, scopes: ["people:write"] } })).json();
    const call = async (whom, path, method = "POST") => (await op.fetch(`/admin/api/users/${whom.person.id}${path}`, { method, bearer: key })).status;
    for (const [path, method] of [["/setup_link"], ["/unlock"], ["/sessions", "DELETE"], ["/require_new_password"], ["", "DELETE"]]) {
      assert.equal(await call(owner, path, method), 403, `${method} ${path}`);
    }
    const patch = await op.fetch(`/admin/api/users/${owner.person.id}`, { method: "PATCH", bearer: key, json: { password: "a long pass phrase of mine" } });
    assert.equal(patch.status, 403);
    assert.equal(await call(owner, "", "GET"), 200, "they may be read");
    const ada = { person: await op.person() };
    assert.equal(await call(ada, "/setup_link"), 201);
  });

  test("is done once when two do it at the same time", async () => {
    const [one, two] = [await operator(op, "people"), await operator(op, "people")];
    const ada = await op.person();
    const browser = op.browser();
    await browser.signIn(await browser.open("/account"), ada);
    const [session] = (await op.json(`/admin/api/users/${ada.id}/sessions`, { bearer: op.adminToken })).sessions;
    const answers = await Promise.all([one, two, one, two].map((each) => each.act(ada, { end_session: session.id })));
    const told = answers.map((answer) => /done=(\w+)\./.exec(answer.headers.get("location"))[1]);
    assert.equal(told.filter((name) => name === "signed_out").length, 1, told.join());
    assert.equal((await audit(`user=${ada.id}&event=session_ended`)).length, 1);
  });

  test("tells nothing by a link that somebody else made", async () => {
    const help = await operator(op, "people");
    const page = await help.open("/admin?done=locked.AAAA");
    assert.doesNotMatch(page.html, /role="status"/);
  });

  test("leaves nothing behind where the database fails", async () => {
    const help = await operator(op, "people");
    const ada = await op.person();
    const page = await help.open(at(ada));
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)[1];
    const failed = await help.browser.fetch(at(ada), { form: { csrf, do: "lock" }, d1: { down: true } });
    assert.equal(failed.status, 503);
    assert.equal((await person(ada.id)).disabled, false);
    assert.equal((await audit(`user=${ada.id}&event=user_disabled`)).length, 0);
  });
});
