// OpenID Connect Back-Channel Logout 1.0.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { claimsOf, headerOf, verified } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { listen, logoutPath, relyingParty, signedIn, until } from "../support/relying-party.mjs";

const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const op = await startLimen();
let parties = 0;

/** A client with a listener of its own, and a person who is signed in to it. */
async function scene({ answer, ...metadata } = {}) {
  const name = `rp${++parties}`;
  const uri = `https://${name}.acme.test/logout`;
  const heard = listen(op, uri, answer);
  const client = await relyingParty(op, { name, backchannel_logout_uri: uri, ...metadata });
  const [ada, browser] = [await op.person(), op.browser()];
  const tokens = await signedIn(client, browser, ada);
  return { uri, heard, client, ada, browser, tokens };
}

const signOut = ({ browser, client, tokens }) =>
  browser.open(logoutPath({ id_token_hint: tokens.id_token, post_logout_redirect_uri: client.bye }));

const waiting = (client) => op.rows("SELECT * FROM logout_outbox WHERE client_id = ?", client.id);

/** Until Limen has written down that each of the client's notices failed: it is heard before that. */
const failed = (client) =>
  until(async () => {
    const notices = await waiting(client);
    return notices.length > 0 && notices.every(({ lease, attempts }) => lease === null && attempts > 0);
  });

test("discovery says that it is there", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.equal(metadata.backchannel_logout_supported, true);
  assert.equal(metadata.backchannel_logout_session_supported, true);
});

describe("the logout token", () => {
  for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
    test(`is what section 2.4 wants, in ${alg}`, async () => {
      const here = await scene({
        id_token_signed_response_alg: alg,
        backchannel_logout_session_required: true,
      });
      await signOut(here);
      await until(() => here.heard.length === 1);
      const [{ form, token, method, headers }] = here.heard;
      assert.equal(method, "POST");
      assert.match(headers.get("content-type"), /^application\/x-www-form-urlencoded/);
      assert.deepEqual([...form.keys()], ["logout_token"]);
      const { alg: signedWith, typ } = headerOf(token);
      assert.deepEqual([signedWith, typ], [alg, "logout+jwt"]);
      const claims = await verified(op, token, { audience: here.client.id, typ: "logout+jwt" });
      assert.equal(claims.sub, here.ada.id);
      assert.equal(claims.sid, here.tokens.claims.sid);
      assert.deepEqual(claims.events, { [EVENT]: {} });
      assert.equal(typeof claims.jti, "string");
      assert.equal(claims.nonce, undefined);
      assert.ok(claims.exp - claims.iat <= 120 && Math.abs(claims.iat - op.clock.seconds()) < 60);
      await until(async () => (await waiting(here.client)).length === 0, "nothing is left to send");
    });
  }

  test("is signed also for a client of unsigned ID tokens", async () => {
    const here = await scene({ id_token_signed_response_alg: "none" });
    const page = await here.browser.open("/logout");
    await here.browser.submit(page, "logout", {}, { button: "logout" });
    await until(() => here.heard.length === 1);
    assert.equal(headerOf(here.heard[0].token).alg, "RS256");
  });

  test("names the person as the client knows them: a pairwise subject", async () => {
    const here = await scene({ subject_type: "pairwise" });
    assert.notEqual(here.tokens.claims.sub, here.ada.id);
    assert.equal((await signOut(here)).url, here.client.bye, "and the client's hint counts");
    await until(() => here.heard.length === 1);
    const claims = await verified(op, here.heard[0].token, { audience: here.client.id });
    assert.equal(claims.sub, here.tokens.claims.sub);
    assert.equal(claims.sid, here.tokens.claims.sid);
  });

  test("is no id_token_hint", async () => {
    const here = await scene();
    await signOut(here);
    await until(() => here.heard.length === 1);
    const page = await here.browser.open(logoutPath({ id_token_hint: here.heard[0].token }));
    assert.equal(page.status, 400);
  });
});

describe("who is told", () => {
  test("every client that knows the session, each with a sid of its own, and no other", async () => {
    const [first, second, stranger] = [await scene(), await scene(), await scene()];
    const claims = (await signedIn(second.client, first.browser, first.ada)).claims;
    await signOut(first);
    await until(() => first.heard.length === 1 && second.heard.length === 1);
    const [toFirst, toSecond] = await Promise.all(
      [first, second].map(({ heard, client }) => verified(op, heard[0].token, { audience: client.id })),
    );
    assert.notEqual(toFirst.sid, toSecond.sid);
    assert.equal(toSecond.sid, claims.sid);
    assert.equal(stranger.heard.length, 0);
  });

  test("also of the sign-in that the person has since repeated", async () => {
    const here = await scene();
    await here.browser.complete(await here.browser.authorize(here.client, { prompt: "login" }), here.ada);
    const page = await here.browser.open("/logout");
    await here.browser.submit(page, "logout", {}, { button: "logout" });
    await until(() => here.heard.length >= 1);
    await until(async () => (await waiting(here.client)).length === 0);
    const sids = await Promise.all(here.heard.map(async ({ token }) => (await verified(op, token)).sid));
    assert.ok(sids.includes(here.tokens.claims.sid), "the sid that the client knows");
  });

  test("of the last ten sign-ins in a row, and no more", async () => {
    const here = await scene();
    const again = () => here.browser.authorize(here.client, { prompt: "login" });
    for (let n = 0; n < 11; n++) {
      op.clock.advance({ minutes: 1 });
      await here.browser.complete(await again(), here.ada);
    }
    const known = await op.rows("SELECT known_as FROM session_clients WHERE client_id = ?", here.client.id);
    assert.ok(known.length <= 11, `${known.length} rows`);
    assert.equal((await here.client.refresh(here.tokens.refresh_token)).status, 400, "tokens of the first");
    const page = await here.browser.open("/logout");
    await here.browser.submit(page, "logout", {}, { button: "logout" });
    await until(() => here.heard.length === known.length);
  });

  test("signing in again as the same person tells nobody", async () => {
    const here = await scene();
    await here.browser.complete(await here.browser.authorize(here.client, { prompt: "login" }), here.ada);
    assert.deepEqual(await waiting(here.client), []);
    assert.equal(here.heard.length, 0);
  });

  const ENDINGS = {
    "a person is disabled": (here) => op.changePerson(here.ada, { disabled: true }),
    "somebody else changes the password": (here) => op.changePerson(here.ada, { password: "another pass phrase" }),
    "a person is deleted": (here) => op.admin(`/admin/api/users/${here.ada.id}`, { method: "DELETE" }),
  };
  for (const [what, end] of Object.entries(ENDINGS)) {
    test(`clients hear it when ${what}`, async () => {
      const here = await scene();
      await end(here);
      await until(() => here.heard.length === 1);
      const claims = await verified(op, here.heard[0].token, { audience: here.client.id });
      assert.equal(claims.sub, here.ada.id);
      assert.equal(claims.sid, here.tokens.claims.sid);
    });
  }
});

describe("a client that does not listen", () => {
  const WRONG = {
    "answers 500": { status: 500 },
    "redirects": { status: 302, headers: { location: "https://elsewhere.acme.test/" } },
    "is away": { status: 599 },
  };
  for (const [what, wrong] of Object.entries(WRONG)) {
    test(`${what}: it is told later`, async () => {
      let broken = true;
      const here = await scene({ answer: () => (broken ? wrong : { status: 204, body: null }) });
      await signOut(here);
      await failed(here.client);
      assert.equal(here.heard.length, 1);
      assert.equal((await waiting(here.client)).length, 1);
      await op.cron();
      assert.equal(here.heard.length, 1, "not before its time");
      op.clock.advance({ minutes: 2 });
      await op.cron();
      assert.equal(here.heard.length, 2);
      broken = false;
      op.clock.advance({ minutes: 5 });
      await op.cron({ cron: "*/5 * * * *" });
      assert.equal(here.heard.length, 3);
      assert.deepEqual(await waiting(here.client), []);
      const ids = here.heard.map(({ token }) => claimsOf(token).jti);
      assert.equal(new Set(ids).size, 1, "the same notice has the same jti");
    });
  }

  test("hangs: neither the person nor other clients wait for it", async () => {
    const [slow, quick] = [await scene({ answer: { status: 200, delay: 8_000 } }), await scene()];
    await signedIn(quick.client, slow.browser, slow.ada);
    const began = Date.now();
    const page = await signOut(slow);
    assert.equal(page.url, slow.client.bye);
    assert.ok(Date.now() - began < 3_000, "the person");
    await until(() => quick.heard.length === 1);
    assert.ok(Date.now() - began < 4_000, "the other client");
    await until(() => op.logs.some((line) => /logout_notice/.test(line) && line.includes(slow.client.id)));
    assert.equal((await waiting(slow.client)).length, 1, "it is told again");
    await op.rows("DELETE FROM logout_outbox WHERE client_id = ?", slow.client.id);
  });

  test("is told at ever longer intervals, at last once a day, for three days, and then no more", async () => {
    const here = await scene({ answer: { status: 503 } });
    await signOut(here);
    await failed(here.client);
    assert.equal(here.heard.length, 1);
    const at = [];
    for (let hour = 0; hour < 5 * 24; hour++) {
      const before = here.heard.length;
      op.clock.advance({ hours: 1 });
      await op.cron();
      if (here.heard.length > before) at.push(hour);
    }
    assert.deepEqual(await waiting(here.client), []);
    assert.ok(here.heard.length >= 6 && here.heard.length <= 10, `${here.heard.length} times`);
    assert.ok(at.at(-1) < 72, "not after three days");
    assert.ok(op.logs.some((line) => line.includes("given up") && line.includes(here.client.id)));
  });

  test("is asked once for all that it should hear, and hears all once it answers", async () => {
    let broken = true;
    const here = await scene({ answer: () => (broken ? { status: 503 } : { status: 200 }) });
    const others = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const [person, browser] = [await op.person(), op.browser()];
        return { ...here, browser, tokens: await signedIn(here.client, browser, person) };
      }),
    );
    await Promise.all([here, ...others].map(signOut));
    await failed(here.client);
    assert.equal(here.heard.length, 1);
    assert.equal((await waiting(here.client)).length, 6);
    op.clock.advance({ minutes: 2 });
    for (let n = 0; n < 3; n++) await op.cron();
    assert.equal(here.heard.length, 2);
    const late = op.browser();
    const tokens = await signedIn(here.client, late, await op.person());
    await signOut({ ...here, browser: late, tokens });
    await until(async () => (await waiting(here.client)).length === 7);
    await op.cron();
    assert.equal(here.heard.length, 2, "nor for one that comes later");
    broken = false;
    op.clock.advance({ minutes: 5 });
    await op.cron();
    assert.equal(here.heard.length, 2 + 7);
    assert.deepEqual(await waiting(here.client), []);
  });

  test("and is told at its new address, as soon as it has one", async () => {
    const here = await scene({ answer: { status: 503 } });
    await signOut(here);
    await failed(here.client);
    const heard = listen(op, `${here.uri}/new`);
    const json = { backchannel_logout_uri: `${here.uri}/new` };
    await op.admin(`/register/${here.client.id}`, { method: "PATCH", json });
    op.clock.advance({ minutes: 2 });
    await op.cron();
    assert.deepEqual([here.heard.length, heard.length], [1, 1]);
    assert.deepEqual(await waiting(here.client), []);
  });

  test("says that the notice is wrong: three times are enough", async () => {
    const here = await scene({ answer: { status: 400, json: { error: "invalid_request" } } });
    await signOut(here);
    await failed(here.client);
    assert.equal(here.heard.length, 1);
    for (let n = 0; n < 5; n++) {
      op.clock.advance({ hours: 1 });
      await op.cron();
    }
    assert.equal(here.heard.length, 3);
    assert.deepEqual(await waiting(here.client), []);
  });
});

describe("a client that names the address of another", () => {
  for (const status of [400, 302, 503]) {
    test(`and is answered ${status} there: the other hears all, at once`, async () => {
      const uri = `https://rp${++parties}.acme.test/logout`;
      const of = ({ id }) => heard.filter((aud) => aud === id).length;
      const heard = [];
      op.serve(uri, async (request) => {
        const token = new URLSearchParams(await request.text()).get("logout_token");
        const { aud } = claimsOf(token);
        heard.push(aud);
        return aud === victim.id ? { status: 200 } : { status, headers: { location: "https://elsewhere.acme.test/" } };
      });
      const [stranger, victim] = [
        await relyingParty(op, { name: `rp${++parties}`, backchannel_logout_uri: uri }),
        await relyingParty(op, { name: `rp${++parties}`, backchannel_logout_uri: uri }),
      ];
      for (let round = 1; round <= 4; round++) {
        const [person, browser] = [await op.person(), op.browser()];
        await signedIn(stranger, browser, person);
        const tokens = await signedIn(victim, browser, person);
        await signOut({ browser, client: victim, tokens });
        await until(() => of(victim) === round, `notice ${round}`);
        await until(async () => (await waiting(victim)).length === 0, "nothing is left to send");
        await until(async () => (await waiting(stranger)).every(({ lease }) => lease === null));
        assert.equal(of(stranger), round, "and the stranger was asked for in each round, too");
        op.clock.advance({ hours: 5 });
      }
      await op.rows("DELETE FROM logout_outbox WHERE client_id = ?", stranger.id);
    });
  }

  test("and finds nobody there for hours: the other hears all, once somebody is", { timeout: 60_000 }, async () => {
    const uri = `https://rp${++parties}.acme.test/logout`;
    const heard = [];
    const serve = (silent) =>
      op.serve(uri, async (request) => {
        const { aud } = claimsOf(new URLSearchParams(await request.text()).get("logout_token"));
        if (silent) return { delay: 8_000, status: 200 };
        heard.push(aud);
        return { status: aud === victim.id ? 200 : 400 };
      });
    const metadata = { backchannel_logout_uri: uri };
    const stranger = await relyingParty(op, { name: `rp${++parties}`, ...metadata });
    const victim = await relyingParty(op, { name: `rp${++parties}`, ...metadata });
    serve(true);
    const due = op.clock.seconds() - 60;
    const write = ({ id }, n, attempts) =>
      op.rows(
        `INSERT INTO logout_outbox (id, client_id, user_id, session_id, target, attempts, due_at, created_at)
         VALUES (?, ?, 'u', 's', ?, ?, ?, ?)`,
        `${uri}${n}`,
        id,
        uri,
        attempts,
        due,
        due,
      );
    await write(stranger, 0, 6);
    await write(victim, 1, 0);
    await op.cron();
    assert.deepEqual(heard, []);
    serve(false);
    op.clock.advance({ minutes: 2 });
    await op.cron();
    assert.deepEqual(await waiting(victim), [], "the stranger's failures of before are none of the other's");
    await op.rows("DELETE FROM logout_outbox WHERE client_id = ?", stranger.id);
  });

  test("keeps it from nothing that waits already", async () => {
    const uri = `https://rp${++parties}.acme.test/logout`;
    const heard = [];
    op.serve(uri, async (request) => {
      const { aud } = claimsOf(new URLSearchParams(await request.text()).get("logout_token"));
      heard.push(aud);
      return { status: aud === victim.id ? 200 : 400 };
    });
    const metadata = { backchannel_logout_uri: uri };
    const stranger = await relyingParty(op, { name: `rp${++parties}`, ...metadata });
    const victim = await relyingParty(op, { name: `rp${++parties}`, ...metadata });
    const due = op.clock.seconds() - 60;
    const rows = [stranger, stranger, victim, stranger, victim].map(({ id }, n) =>
      op.db
        .prepare(
          `INSERT INTO logout_outbox (id, client_id, user_id, session_id, target, attempts, due_at, created_at)
           VALUES (?, ?, 'u', 's', ?, 0, ?, ?)`,
        )
        .bind(`${uri}${n}`, id, uri, due + n, due),
    );
    await op.db.batch(rows);
    await op.cron();
    assert.deepEqual(heard.sort(), [stranger.id, victim.id, victim.id].sort());
    assert.deepEqual(await waiting(victim), []);
    const left = await waiting(stranger);
    assert.deepEqual(left.map(({ attempts }) => attempts), [1, 1, 1]);
    await op.rows("DELETE FROM logout_outbox WHERE client_id = ?", stranger.id);
  });
});

test("somebody with apps that do not answer, however many, keeps nobody else's waiting", async () => {
  const [mallory, bob] = [await scene({ answer: { status: 503 } }), await scene()];
  const notice = op.db.prepare(
    `INSERT INTO logout_outbox (id, client_id, user_id, session_id, target, attempts, due_at, created_at)
     VALUES (?, ?, ?, 's', ?, 0, ?, ?)`,
  );
  const due = op.clock.seconds() - 60;
  const rows = Array.from({ length: 60 }, (_, n) => notice.bind(`m${n}`, mallory.client.id, mallory.ada.id, mallory.uri, due, due));
  await op.db.batch(rows);
  await signOut(bob);
  await until(() => mallory.heard.length > 0);
  await until(() => bob.heard.length === 1, "bob's app is told in the first round");
  assert.equal(mallory.heard.length, 1);
  await op.rows("DELETE FROM logout_outbox WHERE client_id = ?", mallory.client.id);
});

test("a key of Limen's own that cannot be opened is no failure of the client's", async () => {
  const here = await scene();
  const keys = await op.rows("SELECT kid, wrapped_key FROM signing_keys");
  await op.rows("UPDATE signing_keys SET wrapped_key = 'AAAA'");
  // No isolate has it at hand.
  await op.redeploy();
  await op.admin(`/admin/api/users/${here.ada.id}/sessions`, { method: "DELETE" });
  await until(async () => (await waiting(here.client)).some(({ lease }) => lease !== null));
  await op.cron();
  assert.deepEqual((await waiting(here.client)).map(({ attempts }) => attempts), [0]);
  for (const { kid, wrapped_key } of keys) await op.rows("UPDATE signing_keys SET wrapped_key = ? WHERE kid = ?", wrapped_key, kid);
  op.clock.advance({ minutes: 2 });
  await op.cron();
  await until(() => here.heard.length === 1);
});

test("two runs at once do not send the same notice", async () => {
  const pair = await startLimen({ isolates: 2 });
  const uri = "https://app.acme.test/logout";
  const heard = listen(pair, uri, { status: 200, delay: 300 });
  const client = await relyingParty(pair, { backchannel_logout_uri: uri });
  for (let n = 0; n < 3; n++) await signedIn(client, pair.browser(), await pair.person());
  await pair.rows(
    `INSERT INTO logout_outbox (id, client_id, user_id, session_id, target, attempts, due_at, created_at)
     SELECT id, client_id, 'u', session_id, '${uri}', 0, 0, unixepoch()
     FROM session_clients JOIN (SELECT 'n' || id AS id, id AS s FROM sessions) ON s = session_id`,
  );
  await Promise.all([0, 1, 0, 1].map((isolate) => pair.cron({ isolate, cron: "*/5 * * * *" })));
  assert.equal(heard.length, 3);
});

test("the notice is written in the batch that ends the session, or neither happens", async () => {
  const here = await scene();
  const path = logoutPath({ id_token_hint: here.tokens.id_token });
  const page = await here.browser.open(path, { d1: { matching: "DELETE FROM token_families" } });
  assert.equal(page.status, 503);
  assert.deepEqual(await waiting(here.client), []);
  assert.ok((await here.browser.authorize(here.client, { prompt: "none" })).callback.get("code"));
  // The answer is lost: the session has ended, and the notice is there for the next run.
  await here.browser.open(path, { d1: { answerLost: "DELETE FROM sessions" } });
  assert.equal((await waiting(here.client)).length, 1);
  await op.cron();
  assert.equal(here.heard.length, 1);
});

describe("sessions that end on the account's own pages are told at once", () => {
  const account = async (here, path, control, values) => {
    const there = op.browser();
    await there.signIn(await there.open(path), here.ada);
    await there.submit(await there.open(path), control, values);
  };
  const fresh = "another good pass phrase";
  for (const [what, how] of Object.entries({
    "all others signed out": (here) => account(here, "/account/browsers", "others", { others: "yes" }),
    "a new password": (here) =>
      account(here, "/account/password", "new_password", {
        current_password: here.ada.password,
        new_password: fresh,
        repeat_password: fresh,
      }),
    "deletion": (here) =>
      account(here, "/account/delete", "confirm", { current_password: here.ada.password, confirm: "yes" }),
  })) {
    test(what, async () => {
      const here = await scene();
      await how(here);
      await until(() => here.heard.length === 1);
      await until(async () => (await waiting(here.client)).length === 0, "nothing is left to send");
    });
  }
});
