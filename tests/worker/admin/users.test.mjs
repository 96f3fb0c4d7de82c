// The operator's API for people.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { succeeded } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const USERS = "/admin/api/users";

let people = 0;
const somebody = (change = {}) => {
  const username = `user-${++people}`;
  return { username, email: `${username}@people.test`, password: "a long enough pass phrase", ...change };
};
const create = (json, init) => op.admin(USERS, { json, ...init });

async function adminError(response, status) {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  assert.match(response.headers.get("cache-control"), /no-store/);
  const body = JSON.parse(text);
  assert.equal(typeof body.error, "string");
  return body;
}

const created = async (json) => succeeded(await create(json), 201);

/** What one person's address has beside what a list says of them. */
const shown = (user) => ({ ...user, accepted_terms: [], new_password_required: false });

describe("creation", () => {
  test("gives 201 with id, and never the password", async () => {
    const wanted = somebody({ name: "Grace Hopper", address: { country: "US" }, email_verified: true });
    const response = await create(wanted);
    const text = await response.text();
    assert.equal(response.status, 201);
    assert.match(response.headers.get("cache-control"), /no-store/);
    const user = JSON.parse(text);
    assert.ok(user.id.length >= 16);
    assert.equal(user.username, wanted.username);
    assert.equal(user.email, wanted.email);
    assert.equal(user.disabled, false);
    assert.ok(Number.isInteger(user.created_at));
    assert.equal(user.name, "Grace Hopper");
    assert.deepEqual(user.address, { country: "US" });
    assert.ok(!text.includes(wanted.password) && !text.includes("argon2"));
  });

  test("takes an id of the operator's own, once, and refuses what Limen sets itself", async () => {
    const own = await created(somebody({ id: "auth0|5f7c8ec7c33c6c004bbafe82" }));
    assert.equal(own.id, "auth0|5f7c8ec7c33c6c004bbafe82");
    const taken = await adminError(await create(somebody({ id: own.id })), 409);
    assert.match(taken.error_description, /id is taken/);
    for (const id of ["", "a.b", "a/b", "..", "x".repeat(65), "\u{e9}", 7, null, {}]) {
      assert.match((await adminError(await create(somebody({ id })), 400)).error_description, /^id must be/, JSON.stringify(id));
    }
    for (const member of ["sub", "created_at", "updated_at", "accepted_terms", "new_password_required"]) {
      assert.match((await adminError(await create(somebody({ [member]: 1 })), 400)).error_description, new RegExp(`^${member} is set by Limen`));
    }
  });

  test("gives nobody an id or a username that somebody else, or an app, is known by", async () => {
    const [ada, app] = [await created(somebody()), await op.client()];
    for (const id of [app.id, ada.username, ada.username.toUpperCase()]) {
      assert.match((await adminError(await create(somebody({ id })), 409)).error_description, /id is taken/, id);
    }
    const pairwise = await adminError(await create(somebody({ id: "A".repeat(43) })), 400);
    assert.match(pairwise.error_description, /pairwise subject/);
    await created(somebody({ id: "named-by-us", username: "named-by-us-too" }));
    await adminError(await create(somebody({ username: "Named-By-Us" })), 409);
    await adminError(await op.admin(`${USERS}/${ada.id}`, { method: "PATCH", json: { username: "named-by-us" } }), 409);
    await created(somebody({ id: "called-so", username: "called-so" }));
  });

  test("stores the password as argon2id of at least 19 MiB, two passes", async () => {
    const { id } = await created(somebody());
    const [{ secret }] = await op.rows("SELECT secret FROM credentials WHERE user_id = ?", id);
    const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(secret);
    assert.ok(Number(memory) >= 19_456 && Number(passes) >= 2, secret);
  });

  test("of a name or address that is taken, in any case, is 409", async () => {
    const first = somebody();
    await created(first);
    await adminError(await create(somebody({ username: first.username })), 409);
    await adminError(await create(somebody({ username: first.username.toUpperCase() })), 409);
    await adminError(await create(somebody({ email: first.email })), 409);
    await adminError(await create(somebody({ email: first.email.toUpperCase() })), 409);
  });

  test("of one name 20 times at once makes one person", async () => {
    const wanted = somebody();
    const responses = await Promise.all(Array.from({ length: 20 }, () => create(wanted)));
    assert.equal(responses.filter(({ status }) => status === 201).length, 1);
    for (const { status } of responses) assert.ok([201, 409].includes(status), `${status}`);
    assert.equal((await op.rows("SELECT * FROM users WHERE username = ?", wanted.username)).length, 1);
  });

  test("a username that is somebody's e-mail address does not sign in as them", async () => {
    const victim = await created(somebody());
    const response = await create(somebody({ username: victim.email, password: "the attacker's pass phrase" }));
    if (response.status !== 201) return;
    const client = await op.client();
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(client), {
      username: victim.email,
      password: "a long enough pass phrase",
    });
    assert.ok(page.asksForConsent, "the owner of the address is not locked out of it");
  });

  const WRONG = {
    "no username": { username: undefined },
    "an empty username": { username: "" },
    "a blank username": { username: "  " },
    "a username of 1,000 characters": { username: "x".repeat(1_000) },
    "a username with control characters": { username: "a\u0000b" },
    "a username with a newline": { username: "a\nb" },
    "a username with an invisible character": { username: "alice\u3164" },
    "a username of two scripts": { username: "\u0430lice" },
    "a name of nothing to see": { name: "\u3164\u200d" },
    "a name that turns the text around": { name: "\u202enhoj" },
    "an address with two @": { email: "a@b.test@c.test" },
    "a password with a NUL in it": { password: "correct\u0000horse battery" },
    "a short password": { password: "short" },
    "an empty password": { password: "" },
    "a password of 1 MB": { password: "x".repeat(1_000_000) },
    "an address without @": { email: "nobody" },
    "an address with a newline": { email: "a@b.test\nBcc: x@y.test" },
    "an address of 1,000 characters": { email: `${"x".repeat(1_000)}@people.test` },
    "a name that is a number": { name: 7 },
    "a flag that is text": { email_verified: "true" },
    "an address claim that is text": { address: "London" },
    "a javascript picture": { picture: "javascript:alert(1)" },
    "a username that is a list": { username: ["a"] },
    "a password that is a number": { password: 1234567890123 },
  };
  for (const [what, change] of Object.entries(WRONG)) {
    test(`${what} is 400, or 413`, async () => {
      const response = await create(somebody(change));
      await adminError(response, response.status === 413 ? 413 : 400);
    });
  }

  test("people may have no e-mail address", async () => {
    const [one, two] = [await created(somebody({ email: undefined })), await created(somebody({ email: undefined }))];
    assert.notEqual(one.id, two.id);
  });

  test("id, sub, disabled and created_at are not the caller's to set", async () => {
    const response = await create(somebody({ id: "me", sub: "me", created_at: 1 }));
    if (response.status === 400) return;
    const user = await response.json();
    assert.notEqual(user.id, "me");
    assert.notEqual(user.created_at, 1);
  });
});

describe("reading", () => {
  test("lists people a page at a time, each once, also while others are added", async () => {
    const fresh = await startLimen();
    const make = (n) =>
      fresh.admin(USERS, { json: somebody({ username: `page-${n}`, email: `page-${n}@people.test` }) });
    for (let n = 0; n < 5; n++) assert.equal((await make(n)).status, 201);
    const seen = [];
    let after = "";
    for (let page = 0; page < 10; page++) {
      const { users, next } = await fresh.json(`${USERS}?limit=2${after && `&after=${encodeURIComponent(after)}`}`, {
        bearer: fresh.adminToken,
      });
      assert.ok(users.length <= 2);
      seen.push(...users.map((user) => user.username));
      if (page === 0) await make(99);
      if (next === null) break;
      after = next;
    }
    assert.equal(new Set(seen).size, seen.length, "nobody twice");
    for (let n = 0; n < 5; n++) assert.ok(seen.includes(`page-${n}`));
  });

  test("odd limits and cursors are 400 or clamped", async () => {
    for (const query of [
      "limit=0",
      "limit=-1",
      "limit=x",
      "limit=1e9",
      "limit=999999999999",
      "limit=1&limit=2",
      "after=x",
      "after=%00",
      "after=%ff",
      "after='",
      "limit=",
    ]) {
      const response = await op.admin(`${USERS}?${query}`);
      assert.ok([200, 400].includes(response.status), `${query}: ${response.status}`);
      if (response.status === 200) assert.ok((await response.json()).users.length <= 1_000);
    }
  });

  test("shows one person", async () => {
    const user = await created(somebody({ name: "Grace" }));
    const response = await op.admin(`${USERS}/${user.id}`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), shown(user));
  });

  test("of nobody is 404", async () => {
    for (const id of ["nobody", "..", "%2e%2e", "a%2Fb", "%00", "'", "x".repeat(2_000)]) {
      for (const method of ["GET", "DELETE"]) {
        const { status } = await op.admin(`${op.issuer}${USERS}/${id}`, { method });
        assert.ok([400, 404, 405].includes(status), `${method} ${id}: ${status}`);
      }
    }
    await adminError(await op.admin(`${USERS}/nobody`, { method: "PATCH", json: { disabled: true } }), 404);
  });
});

describe("changing", () => {
  const patch = (id, json) => op.admin(`${USERS}/${id}`, { method: "PATCH", json });

  test("changes what is named and keeps the rest; null removes", async () => {
    const user = await created(somebody({ name: "Grace", nickname: "amazing", locale: "en" }));
    const response = await patch(user.id, { name: "Grace Hopper", nickname: null });
    assert.equal(response.status, 200);
    const changed = await response.json();
    assert.equal(changed.name, "Grace Hopper");
    assert.ok(!("nickname" in changed));
    assert.equal(changed.locale, "en");
    assert.equal(changed.username, user.username);
  });

  test("disables and enables", async () => {
    const { id } = await created(somebody());
    assert.equal((await (await patch(id, { disabled: true })).json()).disabled, true);
    assert.equal((await (await op.admin(`${USERS}/${id}`)).json()).disabled, true);
    assert.equal((await (await patch(id, { disabled: false })).json()).disabled, false);
  });

  test("that loses against another at once changes nothing: not the password, and nobody is signed out", async () => {
    const ada = await op.person();
    const passwords = Array.from({ length: 6 }, (_, n) => `a long pass phrase ${n}`);
    const changes = passwords.map((password, n) => patch(ada.id, { name: `Ada ${n}`, password }));
    const done = (await Promise.all(changes)).map(({ status }) => status);
    assert.ok(done.includes(409), `all of them came one after another: ${done}`);
    const changed = await op.rows("SELECT id FROM audit WHERE event = 'password_changed' AND user_id = ?", ada.id);
    assert.equal(changed.length, done.filter((status) => status === 200).length);
    const { name } = await op.json(`/admin/api/users/${ada.id}`, { bearer: op.adminToken });
    const client = await op.client();
    assert.ok(await op.browser().obtain(client, { ...ada, password: passwords[Number(name.at(-1))] }));
  });

  test("to a name or address of somebody else is 409 and changes nothing", async () => {
    const [one, two] = [await created(somebody()), await created(somebody())];
    await adminError(await patch(two.id, { email: one.email, name: "Changed" }), 409);
    assert.deepEqual(await (await op.admin(`${USERS}/${two.id}`)).json(), shown(two));
  });

  test("of two people to one address at once lets one have it", async () => {
    const users = await Promise.all([created(somebody()), created(somebody()), created(somebody())]);
    const email = `wanted-${people}@people.test`;
    const answers = await Promise.all(users.map((user) => patch(user.id, { email })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
  });

  test("with wrong values is 400 and changes nothing", async () => {
    const user = await created(somebody());
    for (const change of [
      { disabled: "yes" },
      { disabled: 1 },
      { disabled: null },
      { password: "short" },
      { password: null },
      { username: "" },
      { username: null },
      { name: [] },
      { email_verified: 1 },
    ]) {
      await adminError(await patch(user.id, change), 400);
    }
    assert.deepEqual(await (await op.admin(`${USERS}/${user.id}`)).json(), shown(user));
  });
});

describe("deletion", () => {
  test("is 204, then 404, and leaves nothing of the person", async () => {
    const [client, ada] = [await op.client(), await op.person()];
    await client.tokens(await op.browser().obtain(client, ada));
    const response = await op.admin(`${USERS}/${ada.id}`, { method: "DELETE" });
    assert.equal(response.status, 204);
    assert.equal(await response.text(), "");
    assert.equal((await op.admin(`${USERS}/${ada.id}`)).status, 404);
    assert.equal((await op.admin(`${USERS}/${ada.id}`, { method: "DELETE" })).status, 404);
    for (const table of ["credentials", "sessions", "grants", "codes", "token_families"]) {
      assert.deepEqual(await op.rows(`SELECT * FROM ${table} WHERE user_id = ?`, ada.id), [], table);
    }
  });

  test("frees the name, and the next of that name is another person", async () => {
    const wanted = somebody();
    const first = await created(wanted);
    await op.admin(`${USERS}/${first.id}`, { method: "DELETE" });
    assert.notEqual((await created(wanted)).id, first.id, "a sub is never reassigned (Core section 2)");
  });
});

describe("the door", () => {
  const ROUTES = [
    ["GET", USERS],
    ["POST", USERS],
    ["GET", `${USERS}/x`],
    ["PATCH", `${USERS}/x`],
    ["DELETE", `${USERS}/x`],
    ["DELETE", `${USERS}/x/grants/y`],
    ["GET", `${USERS}/x/grants`],
    ["GET", `${USERS}/x/sessions`],
    ["DELETE", `${USERS}/x/sessions`],
    ["GET", "/admin/api/keys"],
    ["POST", "/admin/api/keys/x/revoke"],
  ];
  for (const [method, path] of ROUTES) {
    test(`${method} ${path} needs the operator's token`, async () => {
      const body = method === "GET" ? undefined : "{}";
      for (const authorization of [
        undefined,
        "Bearer x",
        `Bearer ${op.adminToken}x`,
        `Basic ${op.adminToken}`,
        op.adminToken,
        "Bearer",
        `Bearer ${op.adminToken.toUpperCase()}`,
      ]) {
        const headers = { "content-type": "application/json", ...(authorization && { authorization }) };
        const response = await op.fetch(path, { method, headers, body });
        assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
        assert.equal((await adminError(response, 401)).error, "invalid_token");
      }
    });
  }

  test("no cookie and no token of a person opens it", async () => {
    const [client, ada, browser] = [await op.client(), await op.person(), op.browser()];
    const { access_token: token } = await client.tokens(await browser.obtain(client, ada));
    assert.equal((await browser.fetch(USERS)).status, 401);
    assert.equal((await op.fetch(USERS, { bearer: token })).status, 401);
  });

  test("a key that may change people changes nobody who becomes an operator at that moment", async () => {
    const { key } = await (await op.admin("/admin/api/api_keys", { json: { name: "People", scopes: ["people:write"] } })).json();
    const becomes = ({ id }) => `INSERT INTO operators (user_id, roles, granted_at) VALUES ('${id}', '["owner"]', ${op.clock.seconds()})`;
    const ada = await op.person();
    const link = { method: "POST", json: {}, bearer: key, d1: { meanwhile: { before: "INSERT INTO credentials", run: becomes(ada) } } };
    assert.match((await adminError(await op.fetch(`${USERS}/${ada.id}/setup_link`, link), 403)).error_description, /roles of the person were changed/);
    assert.deepEqual(await op.rows("SELECT id FROM credentials WHERE user_id = ? AND kind = 'set_up_link'", ada.id), []);
    const bob = await op.person();
    const change = { method: "PATCH", json: { nickname: "Mallory" }, bearer: key, d1: { meanwhile: { before: "UPDATE (OR IGNORE )?users", run: becomes(bob) } } };
    await adminError(await op.fetch(`${USERS}/${bob.id}`, change), 403);
    assert.equal((await op.json(`${USERS}/${bob.id}`, { bearer: op.adminToken })).nickname, undefined);
  });

  test("the token in the query opens nothing", async () => {
    assert.equal((await op.fetch(`${USERS}?access_token=${op.adminToken}`)).status, 401);
  });

  test("it lists keys without their secrets", async () => {
    const text = await (await op.admin("/admin/api/keys")).text();
    const { keys } = JSON.parse(text);
    assert.ok(keys.some((key) => key.state === "current"));
    for (const key of keys)
      for (const name of ["kid", "alg", "state", "publish_at", "activate_at"]) assert.ok(name in key, name);
    assert.doesNotMatch(text, /wrapped|"d":/);
  });
});
