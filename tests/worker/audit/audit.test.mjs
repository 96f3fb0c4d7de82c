// The audit: every event that matters to security is one row, written with the event or not at all.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen();

/** What was written down, the newest first. */
async function audit(query = {}, from = op) {
  const { events } = await from.json(`/admin/api/audit?${new URLSearchParams(query)}`, { bearer: from.adminToken });
  return events;
}

const names = (events) => events.map(({ event }) => event);

/** The one row of an event, about a person or a client. */
async function only(event, query) {
  const events = await audit({ event, ...query });
  assert.equal(events.length, 1, `${event}: ${JSON.stringify(events)}`);
  return events[0];
}

const wrong = (person) => ({ ...person, password: "a wrong guess" });

test("a sign-in is written down with its person, client, session, network and request", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  const browser = op.browser({ address: "192.0.2.77" });
  const page = await browser.signIn(await browser.authorize(client), ada);
  const row = await only("sign_in", { user: ada.id });
  const [{ id: session }] = await op.rows("SELECT id FROM sessions WHERE user_id = ?", ada.id);
  const { id, at, request_id: request, ...rest } = row;
  assert.deepEqual(rest, {
    event: "sign_in",
    outcome: "success",
    actor: "person",
    operator: null,
    operator_user_id: null,
    operator_username: null,
    user_id: ada.id,
    username: ada.username,
    client_id: client.id,
    client_name: "Acme Notes",
    session_id: session,
    network: "192.0.2.0/24",
    detail: { amr: ["pwd"] },
  });
  assert.ok(Number.isInteger(id) && Math.abs(at - op.clock.seconds()) < 30);
  const answer = page.trail.find(({ status, url }) => status === 303 && url.includes("/login"));
  assert.equal(request, answer.headers.get("x-request-id"), "the answer names the same request");
});

test("a failed sign-in is written down, for a name that nobody has without the name", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  const browser = op.browser();
  await browser.signIn(await browser.authorize(client), wrong(ada));
  const known = await only("sign_in_failed", { user: ada.id });
  assert.deepEqual([known.outcome, known.actor], ["failure", "anybody"]);
  await browser.signIn(await browser.authorize(client), { username: "hunter2-my-password", password: "a wrong guess" });
  const [unknown] = await audit({ event: "sign_in_failed" });
  assert.equal(unknown.user_id, null);
  const rows = JSON.stringify(await op.rows("SELECT * FROM audit"));
  assert.ok(!rows.includes("hunter2") && !rows.includes("a wrong guess"));
});

test("throttling is written down once, however long somebody goes on", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  for (let n = 0; n < 15; n++) {
    const browser = op.browser();
    await browser.signIn(await browser.authorize(client), wrong(ada));
  }
  const events = await audit({ user: ada.id });
  assert.deepEqual(names(events).slice(0, 2), ["throttled", "sign_in_failed"]);
  assert.equal(events.filter(({ actor }) => actor === "anybody").length, 2, "a row for all of a quarter of an hour");
  assert.deepEqual([events[1].detail.times, events[1].detail.elsewhere >= 0], [10, true]);
});

test("consent given, refused and removed are written down", async () => {
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  const asked = await browser.signIn(await browser.authorize(client), ada);
  await browser.deny(asked);
  await only("consent_refused", { user: ada.id, client: client.id });
  await browser.obtain(client, ada);
  const given = await only("consent_given", { user: ada.id, client: client.id });
  assert.deepEqual(given.detail.scope.toSorted(), ["email", "openid", "profile"]);
  assert.equal(given.actor, "person");
  await op.admin(`/admin/api/users/${ada.id}/grants/${client.id}`, { method: "DELETE" });
  await op.admin(`/admin/api/users/${ada.id}/grants/${client.id}`, { method: "DELETE" });
  assert.equal((await only("consent_removed", { user: ada.id, client: client.id })).actor, "operator");
});

test("the replay of a code is written down once, with whose tokens it ended", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  const grant = await op.browser().obtain(client, ada);
  await client.tokens(grant);
  for (let n = 0; n < 3; n++) assert.equal((await client.redeem(grant)).status, 400);
  const row = await only("code_replayed", { client: client.id });
  assert.deepEqual([row.user_id, row.actor, row.outcome], [ada.id, "client", "failure"]);
});

test("reuse of a refresh token is written down, its ordinary use is not", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  const first = await client.tokens(await op.browser().obtain(client, ada));
  const second = await client.refreshed(first.refresh_token);
  await client.refreshed(second.refresh_token);
  const before = names(await audit({ client: client.id }));
  assert.deepEqual(before.toSorted(), ["client_registered", "consent_given", "sign_in"]);
  assert.equal((await client.refresh(first.refresh_token)).status, 400);
  const row = await only("refresh_token_reused", { client: client.id });
  assert.deepEqual([row.user_id, row.actor], [ada.id, "client"]);
  assert.ok(row.session_id);
});

test("nothing is written down on another client's word", async () => {
  const [client, thief, ada] = [await op.client(), await op.client(), await op.person()];
  const grant = await op.browser().obtain(client, ada);
  const tokens = await client.tokens(grant);
  await thief.redeem(grant);
  await thief.refresh(tokens.refresh_token);
  await thief.revoke(tokens.refresh_token);
  await client.post("/revoke", { token: tokens.refresh_token, client_secret: "wrong" }, { auth: "none" });
  assert.deepEqual(names(await audit({ client: thief.id })), ["client_registered"]);
  assert.ok(!names(await audit({ user: ada.id })).includes("token_revoked"));
});

test("a revocation is written down", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  const tokens = await client.tokens(await op.browser().obtain(client, ada));
  await client.revoke(tokens.access_token);
  await client.revoke(tokens.access_token);
  await only("token_revoked", { client: client.id });
  await client.revoke(tokens.refresh_token);
  await client.revoke(tokens.refresh_token);
  assert.equal((await only("token_revoked", { user: ada.id })).client_id, client.id);
});

test("a client's life is written down, with whose doing each step was", async () => {
  const client = await op.client();
  const path = `/register/${client.id}`;
  const own = client.registered.registration_access_token;
  const changed = await op.json(path, { method: "PATCH", json: { client_name: "Other" }, bearer: own });
  await op.json(`${path}/renew_secret`, { method: "POST", bearer: op.adminToken });
  await op.fetch(path, { method: "PATCH", json: { client_name: "Late" }, bearer: changed.registration_access_token });
  await op.admin(path, { method: "DELETE" });
  const events = await audit({ client: client.id });
  assert.deepEqual(
    events.map(({ event, actor }) => [event, actor]),
    [
      ["client_deleted", "operator"],
      ["client_secret_renewed", "operator"],
      ["client_changed", "client"],
      ["client_registered", "operator"],
    ],
    "and the one with a dead token changed nothing",
  );
});

test("a registration that is refused is written down", async () => {
  await op.fetch("/register", { json: {}, bearer: "not-the-token" });
  assert.equal((await audit({ event: "registration_refused" })).length, 1);
  await op.fetch("/register", { json: {} });
  assert.equal((await audit({ event: "registration_refused" })).length, 1, "who shows nothing tried nothing");
});

test("keys that are made and withdrawn are written down", async () => {
  await op.jwks();
  await op.cron();
  const keys = await op.keys();
  const created = await audit({ event: "key_created" });
  assert.deepEqual(created.map(({ detail }) => detail.kid).toSorted(), keys.map(({ kid }) => kid).toSorted());
  assert.ok(created.every(({ actor }) => actor === "system"));
  const { kid } = keys.find(({ state }) => state === "next");
  await op.admin(`/admin/api/keys/${kid}/revoke`, { method: "POST" });
  await op.admin(`/admin/api/keys/${kid}/revoke`, { method: "POST" });
  const row = await only("key_revoked");
  assert.deepEqual([row.detail, row.actor], [{ kid }, "operator"]);
});

test("what an operator does to a person is written down, without what they are like", async () => {
  const ada = await op.person({ nickname: "Countess" });
  await op.changePerson(ada, { nickname: "Lady", password: "another good pass phrase" });
  await op.changePerson(ada, { disabled: true });
  await op.changePerson(ada, { disabled: false });
  const events = await audit({ user: ada.id });
  assert.deepEqual(names(events).toReversed(), [
    "user_created",
    "user_changed",
    "password_changed",
    "user_disabled",
    "user_enabled",
  ]);
  assert.deepEqual(events.find(({ event }) => event === "user_changed").detail.changed.toSorted(), [
    "nickname",
    "password",
  ]);
  assert.ok(!JSON.stringify(events).match(/Countess|Lady|pass phrase/));
});

test("of a deleted person only their random id is left", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  await op.browser().obtain(client, ada);
  await op.admin(`/admin/api/users/${ada.id}`, { method: "DELETE" });
  const events = await audit({ user: ada.id });
  assert.equal(events[0].event, "user_deleted");
  assert.ok(names(events).includes("sign_in"), "what happened stays");
  for (const { network, session_id: session, detail } of events.slice(1)) {
    assert.deepEqual([network, session, detail], [null, null, null]);
  }
});

test("who deletes a person twice does not blot out where they did it from", async () => {
  const ada = await op.person();
  const remove = () => op.admin(`/admin/api/users/${ada.id}`, { method: "DELETE", address: "192.0.2.77" });
  assert.deepEqual([(await remove()).status, (await remove()).status], [204, 404]);
  assert.equal((await only("user_deleted", { user: ada.id })).network, "192.0.2.0/24");
});

test("an event whose row cannot be written does not happen", async () => {
  const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
  const d1 = { matching: "INSERT INTO audit" };
  const page = await browser.signIn(await browser.authorize(client), ada, { d1 });
  assert.equal(page.status, 503);
  assert.equal((await op.rows("SELECT 1 FROM sessions WHERE user_id = ?", ada.id)).length, 0);
});

test("whatever strangers do, a person sees guesses at their own password, and rows about them do not grow without limit", async () => {
  const crowded = await startLimen();
  const [client, ada] = [await crowded.client(), await crowded.person()];
  const guess = async () => {
    const browser = crowded.browser();
    await browser.signIn(await browser.authorize(client), wrong(ada));
  };
  await guess();
  await crowded.db.prepare("INSERT OR REPLACE INTO throttles (key, failures, expires_at) VALUES ('audit:somebody', 9999, 99999999999)").run();
  crowded.clock.advance({ minutes: 16 });
  await guess();
  assert.equal((await audit({ user: ada.id, event: "sign_in_failed" }, crowded)).length, 2, "whatever else was written down");
  await crowded.db
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
       INSERT INTO audit (at, event, outcome, actor, user_id, request_id)
       SELECT 1, 'sign_in_failed', 'failure', 'anybody', ?, 'r' FROM n`,
    )
    .bind(ada.id)
    .run();
  crowded.clock.advance({ minutes: 16 });
  await guess();
  const rows = await crowded.rows("SELECT detail FROM audit WHERE user_id = ? AND actor = 'anybody' ORDER BY id DESC", ada.id);
  assert.equal(rows.length, 100);
  assert.equal(JSON.parse(rows[0].detail).times, 1, "the newest stay");
});

test("a stranger's flood of failed sign-ins is written down up to a limit, which shows", async () => {
  const flooded = await startLimen();
  const [client, ada] = [await flooded.client(), await flooded.person()];
  const guess = async (person) => {
    const browser = flooded.browser();
    await browser.signIn(await browser.authorize(client), wrong(person));
  };
  await guess({ username: "nobody-0" });
  await flooded.db.prepare("UPDATE throttles SET failures = 248 WHERE key = 'audit:nobody:sign_in_failed'").run();
  for (let n = 1; n < 6; n++) await guess({ username: `nobody-${n}` });
  const strangers = (await audit({}, flooded)).filter(({ actor }) => actor === "anybody");
  assert.deepEqual(names(strangers), ["flooded", "sign_in_failed", "sign_in_failed"]);
  await guess(ada);
  assert.equal((await audit({ user: ada.id, event: "sign_in_failed" }, flooded)).length, 1, "it hides nothing else");
  flooded.clock.advance({ minutes: 16 });
  await guess({ username: "nobody-9" });
  assert.equal((await audit({ event: "sign_in_failed" }, flooded))[0].user_id, null, "later it goes on");
});

test("rows older than the retention are deleted by cron, and strangers' beyond 20,000", async () => {
  const old = await startLimen({ vars: { AUDIT_RETENTION: "86400" } });
  await old.person();
  await old.db
    .prepare(
      `INSERT INTO audit (at, event, outcome, actor, request_id)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20100)
       SELECT ?, 'sign_in_failed', 'failure', 'anybody', 'r' FROM n`,
    )
    .bind(old.clock.seconds())
    .run();
  const count = async (actor) => (await old.rows("SELECT count(*) AS n FROM audit WHERE actor = ?", actor))[0].n;
  await old.cron();
  assert.equal(await count("anybody"), 20_000);
  assert.equal(await count("operator"), 1);
  old.clock.advance({ days: 1, minutes: 1 });
  await old.cron();
  assert.equal(await count("anybody"), 0);
  assert.equal(await count("operator"), 0);
});

test("pages, filters and times narrow the list, and nonsense is refused", async () => {
  const [first, second] = [await op.person(), await op.person()];
  const all = await audit({ event: "user_created" });
  assert.deepEqual([all[0].user_id, all[1].user_id], [second.id, first.id]);
  const page = await op.json("/admin/api/audit?event=user_created&limit=1", { bearer: op.adminToken });
  assert.equal(page.events[0].id, all[0].id);
  const next = await audit({ event: "user_created", after: page.next, limit: 1 });
  assert.equal(next[0].id, all[1].id);
  assert.equal((await audit({ since: op.clock.seconds() + 60 })).length, 0);
  assert.equal((await audit({ until: all[0].at - 1_000 })).length, 0);
  for (const query of ["limit=0", "limit=201", "event=x", "since=-1", "since=now", "after=1e3", "before=7", "user=a&user=b"]) {
    assert.equal((await op.admin(`/admin/api/audit?${query}`)).status, 400, query);
  }
});

test("names stand beside ids as long as somebody has them", async () => {
  const [ada, client] = [await op.person(), await op.client({ client_name: "Acme Notes" })];
  await op.browser().obtain(client, ada);
  const [event] = await audit({ user: ada.id, event: "consent_given" });
  assert.deepEqual([event.username, event.client_name], [ada.username, "Acme Notes"]);
  await op.admin(`/admin/api/users/${ada.id}`, { method: "DELETE" });
  const [after] = await audit({ user: ada.id, event: "consent_given" });
  assert.deepEqual([after.user_id, after.username, after.client_name], [ada.id, null, "Acme Notes"]);
});

test("an export has every event once, the oldest first, and goes on where the one before ended", async () => {
  const fresh = await startLimen();
  const lines = async (query) => {
    const response = await fresh.admin(`/admin/api/audit/export?${query}`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/x-ndjson");
    return (await response.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  };
  const row = "INSERT INTO audit (at, event, outcome, actor, request_id) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2500) SELECT 1700000000 + n, 'sign_in', 'success', 'person', 'r' FROM n";
  await fresh.db.prepare(row).run();
  const [first, second] = [await lines(""), await lines("after=2000")];
  assert.deepEqual([first.length, second.length], [2_000, 500]);
  assert.deepEqual([first[0].id, second[0].id], [1, 2_001]);
  assert.deepEqual(await lines(`after=${second.at(-1).id}`), []);
  assert.equal((await lines("since=1700002500"))[0].at, 1_700_002_500);
  await fresh.person();
  assert.deepEqual((await lines("after=2500")).map(({ event }) => event), ["user_created"]);
});

test("the audit is for operators, and a wrong token is written down", async () => {
  assert.equal((await op.fetch("/admin/api/audit")).status, 401);
  const before = (await audit({ event: "operator_refused" })).length;
  assert.equal((await op.fetch("/admin/api/audit", { bearer: "wrong" })).status, 401);
  for (let n = 0; n < 50 && (await audit({ event: "operator_refused" })).length === before; n++);
  assert.equal((await audit({ event: "operator_refused" })).length, before + 1);
});

test("what a narrow key tries beyond its scopes is written down, whatever strangers do", async () => {
  const crowded = await startLimen();
  const made = await (await crowded.admin("/admin/api/api_keys", { json: { name: "narrow", scopes: ["groups:read"] } })).json();
  await crowded.fetch("/authorize?client_id=nobody");
  await crowded.fetch("/admin/api/users", { bearer: "wrong" });
  await crowded.db.prepare("UPDATE throttles SET failures = 9999 WHERE key LIKE 'audit:%'").run();
  const refused = async () => (await audit({ event: "operator_refused" }, crowded)).filter(({ actor }) => actor === "operator");
  const [before, tried] = [await refused(), await crowded.fetch("/admin/api/users", { bearer: made.key })];
  assert.deepEqual([before.length, tried.status], [0, 403]);
  const [one] = await refused();
  assert.deepEqual([one.operator, one.detail.needs], ["narrow", "people:read"]);
  await crowded.db.prepare("UPDATE throttles SET failures = 9999 WHERE key LIKE 'audit:program:%'").run();
  assert.equal((await crowded.fetch("/admin/api/users", { bearer: made.key })).status, 403);
  assert.equal((await refused()).length, 1, "nor can it fill the audit");
});
