// The operator's view of where a person is signed in and what they allowed, and the way to sign them out everywhere.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const read = (person, what) => op.json(`/admin/api/users/${person.id}/${what}`, { bearer: op.adminToken });

test("sessions are shown without what opens them, and nobody else's", async () => {
  const [client, ada, bob] = [await op.client(), await op.person(), await op.person()];
  await op.browser().obtain(client, ada);
  await op.browser().obtain(client, ada);
  await op.browser().obtain(client, bob);
  const { sessions } = await read(ada, "sessions");
  const rows = await op.rows("SELECT id, hash FROM sessions WHERE user_id = ?", ada.id);
  assert.deepEqual(sessions.map(({ id }) => id).toSorted(), rows.map(({ id }) => id).toSorted());
  assert.ok(!rows.some(({ hash }) => JSON.stringify(sessions).includes(hash)));
});

test("to end them signs a person out everywhere: tokens go, apps hear of it, each is written down", async () => {
  const client = await op.client({ backchannel_logout_uri: "https://app.acme.test/backchannel" });
  const [ada, bob, there] = [await op.person(), await op.person(), op.browser()];
  const tokens = await client.tokens(await there.obtain(client, ada));
  await op.browser().obtain(client, ada);
  await op.browser().obtain(client, bob);
  const end = await op.admin(`/admin/api/users/${ada.id}/sessions`, { method: "DELETE" });
  assert.equal(end.status, 204);
  assert.deepEqual((await read(ada, "sessions")).sessions, []);
  assert.equal((await read(bob, "sessions")).sessions.length, 1);
  assert.ok((await there.authorize(client)).asksForPassword);
  assert.equal((await client.refresh(tokens.refresh_token)).status, 400);
  assert.equal((await op.rows("SELECT id FROM logout_outbox WHERE user_id = ?", ada.id)).length, 2);
  const written = await op.rows("SELECT actor FROM audit WHERE event = 'session_ended' AND user_id = ?", ada.id);
  assert.deepEqual(written, [{ actor: "operator" }, { actor: "operator" }]);
  assert.equal((await read(ada, "grants")).grants.length, 1, "what they allowed stays");
});

test("grants are shown as the person sees them", async () => {
  const [client, ada] = [await op.client({ client_name: "Acme Notes" }), await op.person()];
  await client.tokens(await op.browser().obtain(client, ada, { scope: "openid email" }));
  const { grants } = await read(ada, "grants");
  assert.deepEqual(
    grants.map(({ client_id, client_name, scope }) => [client_id, client_name, scope.split(" ").toSorted()]),
    [[client.id, "Acme Notes", ["email", "openid"]]],
  );
  assert.ok(Number.isInteger(grants[0].last_used_at));
});

test("one session ends alone, with its tokens, and of nobody else", async () => {
  const client = await op.client({ backchannel_logout_uri: "https://app.acme.test/backchannel" });
  const [ada, bob, here, there] = [await op.person(), await op.person(), op.browser(), op.browser()];
  const tokens = await client.tokens(await here.obtain(client, ada));
  const others = await client.tokens(await there.obtain(client, ada));
  const { sessions } = await read(ada, "sessions");
  const [{ session_id: id }] = await op.rows("SELECT session_id FROM token_families WHERE user_id = ? ORDER BY created_at LIMIT 1", ada.id);
  assert.ok(sessions.some((session) => session.id === id));
  const end = (person) => op.admin(`/admin/api/users/${person.id}/sessions/${id}`, { method: "DELETE" });
  assert.equal((await end(bob)).status, 404, "of somebody else");
  assert.equal((await end(ada)).status, 204);
  assert.equal((await end(ada)).status, 404, "it is over");
  assert.equal((await read(ada, "sessions")).sessions.length, 1);
  const left = await Promise.all([tokens, others].map(({ refresh_token }) => client.refresh(refresh_token)));
  assert.deepEqual(left.map(({ status }) => status).toSorted(), [200, 400]);
  assert.equal((await op.rows("SELECT id FROM logout_outbox WHERE user_id = ?", ada.id)).length, 1);
  const written = await op.rows("SELECT actor, session_id FROM audit WHERE event = 'session_ended' AND user_id = ?", ada.id);
  assert.deepEqual(written, [{ actor: "operator", session_id: id }]);
});
