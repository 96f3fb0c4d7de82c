// Who may export and import, lines that are not as they should be, and lines that would give somebody more than they may.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { EVERY_SCOPE } from "../support/admin-scopes.mjs";
import { Authenticator, cbor } from "../support/authenticator.mjs";
import { PNG } from "../openapi/requests/groups.mjs";
import { startLimen } from "../support/limen.mjs";
import { exported, taken } from "./support.mjs";

const op = await startLimen({ vars: { ADMIN_ACCESS_TOKENS: "on" } });
const HASH = "$2b$05$cqsU/ZYaOILLeHsKod9kb.qkWBJBSpM4a2qLSiSEx/AQpfa2bLW5i";

let keys = 0;
async function key(...scopes) {
  const made = await op.json("/admin/api/api_keys", { json: { name: `Key ${++keys}`, scopes }, bearer: op.adminToken });
  return made.key;
}

async function owner(roles = ["owner"]) {
  const person = await op.person();
  const response = await op.admin(`/admin/api/operators/${person.id}`, { method: "PUT", json: { roles } });
  assert.equal(response.status, 204);
  return person;
}

describe("an export", () => {
  test("takes every scope: hashes are in it", async () => {
    for (const scope of EVERY_SCOPE) {
      const response = await op.fetch("/admin/api/export", { bearer: await key(...EVERY_SCOPE.filter((one) => one !== scope), "people:read") });
      assert.equal(response.status, 403, scope);
      assert.match((await response.json()).error_description, new RegExp(scope.split(":")[0]));
    }
    const refused = await op.json("/admin/api/audit?event=operator_refused", { bearer: op.adminToken });
    assert.ok(refused.events.length >= EVERY_SCOPE.length);
    assert.ok((await exported(op, { bearer: await key(...EVERY_SCOPE) })).length > 0);
  });

  test("has no other parameters, and no made up places", async () => {
    for (const query of ["from=1", "after=x", "after=person", "after=api_key:", "limit=0", "limit=201", `after=person:${"x".repeat(2_000)}`, "after=person:&after=app:", "after=group:%00"]) {
      assert.equal((await op.admin(`/admin/api/export?${query}`)).status, 400, query);
    }
    for (const after of ["person:'; DROP TABLE users; --", "role:x", "role:9e999", "app:https://x"]) {
      assert.equal((await op.admin(`/admin/api/export?after=${encodeURIComponent(after)}`)).status, 200, after);
    }
  });

  test("answers POST and HEAD as other calls do", async () => {
    assert.equal((await op.admin("/admin/api/export", { method: "POST" })).status, 405);
    assert.equal((await op.admin("/admin/api/import")).status, 405);
  });
});

describe("a body", () => {
  const BODIES = {
    "no object": [],
    "no lines": {},
    "no list": { lines: {} },
    "an empty list": { lines: [] },
    "too many lines": { lines: Array(101).fill({ kind: "end" }) },
    "another member": { lines: [{ kind: "end" }], token: "x" },
    "odd roots": { lines: [{ kind: "end" }], roots: [] },
  };
  for (const [what, json] of Object.entries(BODIES)) {
    test(`of ${what} is refused`, async () => {
      const response = await op.admin("/admin/api/import", { json });
      assert.equal(response.status, 400);
      assert.match((await response.json()).error_description, /lines of an export|must be a JSON object|^token is no member here; the members are roots and lines$/);
    });
  }

  test("with a name twice is refused", async () => {
    const body = '{"lines":[{"kind":"group","id":"g","id":"h","name":"G"}]}';
    assert.equal((await op.admin("/admin/api/import", { body, headers: { "content-type": "application/json" } })).status, 400);
  });
});

describe("a line that is not as it should be is refused by itself, with the reason", () => {
  const passkey = (secret) => ({ kind: "credential", user: "somebody", type: "passkey", secret });
  const jwk = { kty: "EC", crv: "P-256", x: "AA", y: "AA" };
  const whole = { id: "AAAA", alg: "ES256", jwk, aaguid: "00000000-0000-0000-0000-000000000000", transports: [], backup_eligible: true };
  const app = (change, metadata = {}) => ({ kind: "app", id: "app-1", metadata: { redirect_uris: ["https://app.acme.test/cb"], ...metadata }, ...change });
  const LINES = [
    [7, /object/],
    [{}, /kind is missing/],
    [{ kind: "session" }, /kind must be one of/],
    [{ kind: ["person"] }, /kind must be/],
    [{ kind: "person", id: "x" }, /username is missing/],
    [{ kind: "person", username: "x" }, /id is missing/],
    [{ kind: "person", id: "a.b", username: "x" }, /id must be/],
    [{ kind: "person", id: "a~b", username: "x" }, /id must be/],
    [{ kind: "person", id: "a:b", username: "x" }, /id must be/],
    [{ kind: "person", id: "x".repeat(65), username: "x" }, /id must be/],
    [{ kind: "person", id: "x", username: "a b" }, /username must/],
    [{ kind: "person", id: "x", username: "x", password: "y" }, /password is no member/],
    [{ kind: "person", id: "x", username: "x", "<b>": "y" }, /member that is not known/],
    [{ kind: "person", id: "x", username: "x", claims: { role: "admin" } }, /claims has a member/],
    [{ kind: "person", id: "x", username: "x", claims: { email: "x" } }, /email must be/],
    [{ kind: "person", id: "x", username: "x", claims: { name: "\u202enhoj" } }, /name must have/],
    [{ kind: "person", id: "x", username: "x", claims: { attributes: { a: 1 } } }, /./],
    [{ kind: "person", id: "x", username: "x", created_at: -1 }, /created_at must be/],
    [{ kind: "person", id: "x", username: "x", created_at: 1e20 }, /created_at must be/],
    [{ kind: "person", id: "x", username: "x", subject_salt: "" }, /subject_salt/],
    [{ kind: "group", id: "g", name: "a,b" }, /name must be/],
    [{ kind: "group", id: "g", name: "G", second_factor_required: 1 }, /second_factor_required/],
    [{ kind: "memberships", user: "nobody", groups: [] }, /refers to/],
    [{ kind: "memberships", user: "somebody", groups: ["none"] }, /refers to/],
    [{ kind: "memberships", user: "somebody", groups: Array(1_001).fill("g") }, /groups must be/],
    [{ kind: "role", app: "nothing", role: "r", user: "somebody" }, /refers to/],
    [{ kind: "role", app: "nothing", role: "r" }, /either/],
    [{ kind: "role", app: "nothing", role: "r", user: "somebody", group: "g" }, /either/],
    [{ kind: "operator", user: "nobody", roles: ["owner"] }, /refers to/],
    [{ kind: "operator", user: "somebody", roles: ["emperor"] }, /roles must be/],
    [{ kind: "operator", user: "somebody", roles: [] }, /roles must be/],
    [{ kind: "consent", user: "somebody", app: "nothing", scope: ["openid"] }, /refers to/],
    [{ kind: "consent", user: "somebody", app: "nothing", scope: ["a b"] }, /scope must be/],
    [{ kind: "consent", user: "somebody", app: "nothing", scope: "openid" }, /scope must be/],
    [{ kind: "terms", user: "somebody", accepted: [{ version: 1 }] }, /accepted must be/],
    [{ kind: "credential", user: "somebody", type: "password", secret: "plain" }, /secret must be a hash/],
    [{ kind: "credential", user: "nobody", type: "password", secret: HASH }, /refers to/],
    [{ kind: "credential", user: "somebody", type: "set_up_link", secret: "1.x" }, /type must be/],
    [{ kind: "credential", user: "somebody", type: "totp", id: "t", secret: "1.AAAA" }, /another root key/],
    [{ kind: "credential", user: "somebody", type: "totp", base32: "AAAA" }, /base32 must be/],
    [{ kind: "credential", user: "somebody", type: "recovery_codes", secret: ["x"] }, /list of hashes/],
    [{ kind: "credential", user: "somebody", type: "password", secret: HASH, counter: 1e10 }, /counter/],
    [passkey(undefined), /secret is missing/],
    [passkey({ ...whole, id: "" }), /credential id/],
    [passkey({ ...whole, jwk: { ...jwk, d: "AA" } }), /public key/],
    [passkey({ ...whole, jwk: "x" }), /public key/],
    [passkey({ ...whole, alg: "none" }), /no passkey/],
    [passkey({ ...whole, aaguid: "x".repeat(5_000) }), /public key/],
    [passkey({ id: "AAAA", cose: "AA" }), /public key/],
    [passkey({ id: "A".repeat(90_000), cose: cbor([[1, 2]]).toString("base64url") }), /./],
    [{ kind: "api", id: "a", identifier: "https://api.acme.test" }, /settings is missing/],
    [{ kind: "api", id: "a", identifier: "nothing", settings: { name: "A" } }, /identifier must be/],
    [{ kind: "api", id: "a", identifier: "https://api.acme.test", settings: { name: "" } }, /name must be/],
    [{ kind: "webhook", id: "w", name: "W", url: "http://siem.acme.test/" }, /url must be an https URL/],
    [{ kind: "webhook", id: "w", name: "W", url: `${op.issuer}/token` }, /url must not be at the host/],
    [{ kind: "webhook", id: "w", name: "W", url: "https://siem.acme.test/", secret: "whsec_x" }, /secret is no member/],
    [{ kind: "webhook", id: "w", name: "W", url: "https://siem.acme.test/", format: "set", app: "nothing" }, /refers to/],
    [{ kind: "webhook", id: "w.", name: "W", url: "https://siem.acme.test/" }, /id must be/],
    [app({ id: "a b" }), /id must be/],
    [app({ notes: 7 }), /notes must be a text/],
    [app({ notes: "a\0" }), /notes must have/],
    [app({ notes: "x".repeat(2_001) }), /notes must have/],
    [app({ logo: 7 }), /logo must be a file in base64/],
    [app({ logo: "<svg>" }), /logo must be a file in base64/],
    [app({ logo: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>").toString("base64") }), /logo is none of PNG/],
    [app({ logo: "" }), /logo is none of PNG/],
    [app({ logo: Buffer.concat([PNG, Buffer.alloc(65_536)]).toString("base64") }), /logo has more than 65536 bytes/],
    [app({ id: "https://app.acme.test/client", document: true, logo: PNG.toString("base64") }), /of no app that a document describes/],
    [app({ id: "new" }), /id cannot be new/],
    [app({ id: ".." }), /id must be/],
    [app({ id: "https://evil.test/client" }), /document/],
    [app({ document: true }), /document/],
    [app({ metadata: [] }), /metadata must be/],
    [app({ metadata: undefined }), /metadata is missing/],
    [app({}, { redirect_uris: ["javascript:alert(1)"] }), /metadata/],
    [app({}, { redirect_uris: ["https://a.test/#f"] }), /metadata/],
    [app({}, { redirect_uris: [] }), /metadata/],
    [app({}, { grant_types: ["password"] }), /metadata/],
    [app({ secret: "short" }), /secret must be/],
    [app({ secret_hash: "x" }), /secret_hash/],
  ];
  test("and nothing of it is stored", async () => {
    await taken(op, [{ kind: "person", id: "somebody", username: "somebody" }]);
    const held = await op.rows("SELECT (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM clients) + (SELECT COUNT(*) FROM groups) + (SELECT COUNT(*) FROM credentials) AS n");
    for (const [line, why] of LINES) {
      const [{ outcome, why: said }] = await taken(op, [line]);
      assert.equal(outcome, "refused", JSON.stringify(line).slice(0, 200));
      assert.match(said, why, JSON.stringify(line).slice(0, 200));
    }
    const now = await op.rows("SELECT (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM clients) + (SELECT COUNT(*) FROM groups) + (SELECT COUNT(*) FROM credentials) AS n");
    assert.deepEqual(now, held);
  });

  test("beside others that are taken", async () => {
    const lines = [{ kind: "group", id: "good", name: "Good" }, { kind: "group", id: "bad", name: "" }, { kind: "memberships", user: "somebody", groups: ["good"] }];
    assert.deepEqual((await taken(op, lines)).map(({ outcome }) => outcome), ["added", "refused", "added"]);
  });
});

describe("what is here stays as it is", () => {
  test("another person's name or address makes nobody", async () => {
    const ada = await op.person();
    const results = await taken(op, [
      { kind: "person", id: "rival-1", username: ada.username.toUpperCase() },
      { kind: "person", id: "rival-2", username: "rival-2", claims: { email: ada.email.toUpperCase(), email_verified: true } },
      { kind: "person", id: ada.id, username: "renamed", claims: { name: "Eve" } },
    ]);
    assert.deepEqual(results.map(({ outcome }) => outcome), ["refused", "refused", "different"]);
    assert.deepEqual(await op.rows("SELECT id FROM users WHERE id LIKE 'rival-%' OR username = 'renamed'"), []);
  });

  test("an id that is what somebody else, or an app, is known by makes nobody and no app", async () => {
    const [ada, client] = [await op.person(), await op.client()];
    const app = (id) => ({ kind: "app", id, metadata: { redirect_uris: ["https://app.acme.test/cb"], token_endpoint_auth_method: "none" } });
    const results = await taken(op, [
      { kind: "person", id: client.id, username: "rival-3" },
      { kind: "person", id: ada.username.toUpperCase(), username: "rival-4" },
      app(ada.id),
      { kind: "person", id: "both", username: "both" },
      app("both"),
    ]);
    assert.deepEqual(results.map(({ outcome }) => outcome), ["refused", "refused", "refused", "added", "refused"]);
    for (const { why } of results.filter(({ outcome }) => outcome === "refused")) assert.match(why, /^its id.* is somebody else's here/);
    assert.deepEqual(await op.rows("SELECT id FROM users WHERE username IN ('rival-3', 'rival-4')"), []);
    assert.deepEqual(await op.rows("SELECT id FROM clients WHERE id IN (?, 'both')", ada.id), []);
  });

  test("a second password, and more passkeys than there can be, are not taken", async () => {
    const ada = await op.person();
    const [held] = await op.rows("SELECT secret FROM credentials WHERE user_id = ?", ada.id);
    const [{ outcome }] = await taken(op, [{ kind: "credential", user: ada.id, type: "password", secret: HASH }]);
    assert.equal(outcome, "different");
    assert.deepEqual(await op.rows("SELECT secret FROM credentials WHERE user_id = ?", ada.id), [held]);
  });

  test("somebody else's passkey stays theirs", async () => {
    const { publicKey, id } = new Authenticator(op);
    const secret = { id: id.toString("base64url"), alg: "ES256", jwk: (({ kty, crv, x, y }) => ({ kty, crv, x, y }))(publicKey.export({ format: "jwk" })), aaguid: "00000000-0000-0000-0000-000000000000", transports: ["internal"], backup_eligible: false };
    const [ada, bob] = [await op.person(), await op.person()];
    const of = ({ id: user }) => ({ kind: "credential", user, type: "passkey", secret });
    const results = await taken(op, [of(ada), of(ada), of(bob)]);
    assert.deepEqual(results.map(({ outcome }) => outcome), ["added", "unchanged", "refused"]);
  });

  test("nobody is in more groups than they can be", async () => {
    const ada = await op.person();
    const many = Array.from({ length: 1_000 }, (_, n) => `many-${n}`);
    const groups = many.map((id) => ({ kind: "group", id, name: id }));
    await taken(op, groups);
    const results = await taken(op, [{ kind: "memberships", user: ada.id, groups: many }, { kind: "memberships", user: ada.id, groups: ["good"] }, { kind: "memberships", user: ada.id, groups: many }]);
    assert.deepEqual(results.map(({ outcome }) => outcome), ["added", "different", "unchanged"]);
  });
});

test("an id that leads elsewhere is nobody's", async () => {
  const app = (id) => ({ kind: "app", id, metadata: { redirect_uris: ["https://app.acme.test/cb"] } });
  const api = (id) => ({ kind: "api", id, settings: { name: "Files" }, identifier: `https://${id}.acme.test` });
  const lines = [app("registered"), app("unused"), app("approval"), app("new"), api("new"), { kind: "person", id: "new", username: "newcomer" }];
  for (const { outcome, why } of await taken(op, lines)) {
    assert.equal(outcome, "refused");
    assert.match(why, /^id cannot be \w+: the address of something else/);
  }
  const [ofApi] = await taken(op, [app(`api_${"x".repeat(22)}`)]);
  assert.match(ofApi.why, /by which declared APIs say who they are/);
  for (const id of ["api_gateway", "account", "test", "logo"]) {
    const [{ outcome, why }] = await taken(op, [app(id)]);
    assert.equal(outcome, "added", why);
    assert.equal((await op.admin(`/admin/api/clients/${id}`)).status, 200);
  }
});

describe("nobody imports more than they may", () => {
  test("each line takes the scope of what it is about", async () => {
    const bearer = await key("people:write");
    const lines = [
      { kind: "group", id: "g-1", name: "G 1" },
      { kind: "app", id: "app-2", metadata: { redirect_uris: ["https://app.acme.test/cb"] } },
      { kind: "operator", user: "somebody", roles: ["people"] },
      { kind: "person", id: "somebody-2", username: "somebody-2" },
    ];
    const results = await taken(op, lines, { bearer });
    assert.deepEqual(results.map(({ outcome }) => outcome), ["refused", "refused", "refused", "added"]);
    assert.match(results[0].why, /groups:write/);
    assert.match(results[1].why, /apps:write/);
    assert.match(results[2].why, /operators:write/);
    const { events } = await op.json("/admin/api/audit?event=operator_refused", { bearer: op.adminToken });
    assert.equal(events[0].operator, `Key ${keys}`);
  });

  test("a line takes no other scope beside its own, and who has none of them is refused as a whole", async () => {
    const group = (id) => ({ kind: "group", id, name: `Own ${id}` });
    const [done] = await taken(op, [group("own-1")], { bearer: await key("groups:write") });
    assert.equal(done.outcome, "added");
    const [app] = await taken(op, [{ kind: "app", id: "own-app", metadata: { redirect_uris: ["https://app.acme.test/cb"] } }], { bearer: await key("apps:write") });
    assert.equal(app.outcome, "added");
    const before = (await op.rows("SELECT COUNT(*) AS n FROM audit WHERE event = 'imported'"))[0].n;
    for (const scopes of [["people:read", "groups:read"], ["mail:write"], ["keys:write", "api_keys:write"]]) {
      const response = await op.fetch("/admin/api/import", { json: { lines: [group("own-2")] }, bearer: await key(...scopes) });
      assert.equal(response.status, 403);
      assert.match((await response.json()).error_description, /each line of an import takes the scope of what it is about: one of people:write, .*groups:write/);
    }
    assert.equal((await op.rows("SELECT COUNT(*) AS n FROM audit WHERE event = 'imported'"))[0].n, before);
    assert.deepEqual(await op.rows("SELECT id FROM groups WHERE id LIKE 'own-%'"), [{ id: "own-1" }]);
  });

  test("a webhook takes every scope: whoever renews one with the secret before sees the one that its receiver knows", async () => {
    const line = { kind: "webhook", id: "hook", name: "Hook", url: "https://siem.acme.test/in", root: 1, generation: 1 };
    const bearer = await key("people:write", "webhooks:write", "audit:read");
    const [{ outcome, why }] = await taken(op, [line], { bearer, roots: (await exported(op))[0].roots });
    assert.equal(outcome, "refused");
    assert.match(why, /scope/);
    assert.deepEqual(await op.rows("SELECT id FROM webhooks"), []);
  });

  test("a way into an account, and a consent, take every scope", async () => {
    const [person, client] = [await op.person(), await op.client()];
    const bearer = await key("people:write", "apps:write", "groups:write", "operators:write");
    const lines = [
      { kind: "credential", user: person.id, type: "totp", base32: "A".repeat(32) },
      { kind: "consent", user: person.id, app: client.id, scope: ["openid"] },
    ];
    for (const { outcome } of await taken(op, lines, { bearer })) assert.equal(outcome, "refused");
    assert.deepEqual(await op.rows("SELECT kind FROM credentials WHERE user_id = ?", person.id), [{ kind: "password" }]);
  });

  test("nobody becomes an operator by somebody who may do less", async () => {
    const bearer = await key("people:write", "operators:write");
    const [{ outcome, why }] = await taken(op, [{ kind: "operator", user: "somebody", roles: ["owner"] }], { bearer });
    assert.equal(outcome, "refused");
    assert.match(why, /scope/);
    assert.deepEqual(await op.rows("SELECT * FROM operators WHERE user_id = 'somebody'"), []);
  });

  test("no operator gets another way in, or allows an app something, by somebody who may do less", async () => {
    const boss = await owner();
    const client = await op.client();
    const bearer = await key("people:write", "apps:write", "groups:write", "operators:write");
    const lines = [
      { kind: "credential", user: boss.id, type: "totp", base32: "A".repeat(32) },
      { kind: "consent", user: boss.id, app: client.id, scope: ["openid"] },
      { kind: "operator", user: boss.id, roles: ["people"] },
      { kind: "terms", user: boss.id, accepted: [{ version: "1", accepted_at: 1 }] },
    ];
    for (const { outcome, why } of await taken(op, lines, { bearer })) {
      assert.equal(outcome, "refused");
      assert.match(why, /operator who may do more/);
    }
    assert.deepEqual(await op.rows("SELECT kind FROM credentials WHERE user_id = ?", boss.id), [{ kind: "password" }]);
    assert.deepEqual(await op.rows("SELECT * FROM grants WHERE user_id = ?", boss.id), []);
  });

  test("the roles of an operator stay as they are, whoever imports", async () => {
    const boss = await owner(["people"]);
    const [{ outcome }] = await taken(op, [{ kind: "operator", user: boss.id, roles: ["owner"] }]);
    assert.equal(outcome, "different");
    assert.deepEqual(await op.rows("SELECT roles FROM operators WHERE user_id = ?", boss.id), [{ roles: '["people"]' }]);
  });

  test("the id of an operator who was deleted comes back by those alone who may do everything", async () => {
    const [boss, person] = [await owner(), await op.person()];
    for (const { id } of [boss, person]) assert.equal((await op.admin(`/admin/api/users/${id}`, { method: "DELETE" })).status, 204);
    const lines = [{ kind: "person", id: boss.id, username: "mallory" }, { kind: "person", id: person.id, username: "back-again" }];
    const [refused, back] = await taken(op, lines, { bearer: await key("people:write", "audit:read", "operators:write") });
    assert.equal(refused.outcome, "refused");
    assert.match(refused.why, /operator who was deleted.*scope/);
    assert.equal(back.outcome, "added");
    const made = await op.admin("/admin/api/users", { json: { id: boss.id, username: "mallory" } });
    assert.equal(made.status, 409);
    assert.match((await made.json()).error_description, /operator who is deleted/);
    assert.equal((await taken(op, lines, { bearer: await key(...EVERY_SCOPE) }))[0].outcome, "added");
  });

  test("that was one before the audit's oldest row, too, and of nobody else a role is written down", async () => {
    const [boss, person] = [await owner(), await op.person()];
    await op.rows("DELETE FROM audit WHERE event = 'operator_roles_changed' AND user_id = ?", boss.id);
    for (const { id } of [boss, person]) assert.equal((await op.admin(`/admin/api/users/${id}`, { method: "DELETE" })).status, 204);
    const events = await op.rows("SELECT user_id, detail FROM audit WHERE event = 'operator_roles_changed' AND user_id IN (?, ?)", boss.id, person.id);
    assert.deepEqual(events, [{ user_id: boss.id, detail: '{"roles":[]}' }]);
    const bearer = await key("people:write");
    const [{ outcome, why }] = await taken(op, [{ kind: "person", id: boss.id, username: "mallory-2" }], { bearer });
    assert.equal(outcome, "refused");
    assert.match(why, /operator who was deleted/);
    assert.equal((await op.fetch("/admin/api/users", { json: { id: boss.id, username: "mallory-2" }, bearer })).status, 409);
  });

  test("an id that may be somebody's pairwise subject takes every scope", async () => {
    const lines = [
      { kind: "person", id: "A".repeat(43), username: "pairwise-1" },
      { kind: "app", id: "E".repeat(43), metadata: { redirect_uris: ["https://app.acme.test/cb"], token_endpoint_auth_method: "none" } },
    ];
    for (const { outcome, why } of await taken(op, lines, { bearer: await key("people:write", "apps:write", "audit:read") })) {
      assert.equal(outcome, "refused");
      assert.match(why, /pairwise subject.*scope/);
    }
    const owners = await taken(op, lines, { bearer: await key(...EVERY_SCOPE) });
    assert.deepEqual(owners.map(({ outcome }) => outcome), ["added", "added"]);
  });

  test("an id that a declared API names takes apis:write, and one of TRUSTED_ISSUERS everything", async () => {
    const idp = { jwks_uri: "https://idp.acme.test/keys", clients: ["handler"], email_domains: ["acme.test"] };
    const at = await startLimen({ vars: { TRUSTED_ISSUERS: JSON.stringify({ "https://idp.acme.test": idp }) } });
    const made = async (...scopes) => {
      const name = scopes.join(" ").slice(0, 50);
      return (await at.json("/admin/api/api_keys", { json: { name, scopes }, bearer: at.adminToken })).key;
    };
    const metadata = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [] };
    const app = (id) => ({ kind: "app", id, metadata, secret: "a-secret-of-some-length" });
    const few = await made("people:write", "apps:write");
    const [first] = await taken(at, [app("payer")], { bearer: few });
    assert.equal(first.outcome, "added", first.why);
    const settings = { name: "Pay", scopes: { "pay:write": { title: "Pay" } }, open_to: "named_apps", apps: { payer: { scopes: ["pay:write"] } } };
    const api = await at.admin("/admin/api/apis", { json: { identifier: "https://pay.acme.test", ...settings } });
    assert.equal(api.status, 201, await api.text());
    // While it is there, the line changes nothing; once it is gone, the API still names it.
    assert.equal((await taken(at, [app("payer")], { bearer: few }))[0].outcome, "unchanged");
    assert.equal((await at.admin("/register/payer", { method: "DELETE" })).status, 204);
    const [payer, handler, other] = await taken(at, [app("payer"), app("handler"), app("other")], { bearer: few });
    assert.deepEqual([payer.outcome, handler.outcome, other.outcome], ["refused", "refused", "added"]);
    assert.match(payer.why, /declared API names the id.*apis:write/);
    assert.match(handler.why, /TRUSTED_ISSUERS names the id/);
    const more = await taken(at, [app("payer"), app("handler")], { bearer: await made("people:write", "apps:write", "apis:write") });
    assert.deepEqual(more.map(({ outcome }) => outcome), ["added", "refused"]);
    assert.equal((await taken(at, [app("handler")], { bearer: await made(...EVERY_SCOPE) }))[0].outcome, "added");
  });

  test("an app gets scopes of the admin API from those alone who may give them", async () => {
    const app = (id) => ({ kind: "app", id, metadata: { redirect_uris: ["https://app.acme.test/cb"], scope: "openid people:write", limen_may_administer: true } });
    const [refused] = await taken(op, [app("ruler-1")], { bearer: await key("apps:write", "people:write") });
    assert.equal(refused.outcome, "refused");
    const [given] = await taken(op, [app("ruler-2")]);
    assert.equal(given.outcome, "added");
  });
});

describe("a webhook", () => {
  const url = "https://siem.acme.test/in";
  const line = (n, more) => ({ kind: "webhook", id: `hook-${n}`, name: `Hook ${n}`, url, ...more });
  const roots = async () => (await exported(op))[0].roots;
  const rows = (columns) => op.rows(`SELECT ${columns} FROM webhooks ORDER BY id`);

  test("is there once and off, there are ten at most, and the same again changes nothing", async () => {
    const lines = Array.from({ length: 11 }, (_, n) => line(n, { name: "Hook" }));
    const made = await taken(op, lines);
    assert.deepEqual(made.slice(0, 10), Array(10).fill({ outcome: "added", needs_secret: true, switched_off: true }));
    assert.equal(made[10].outcome, "refused");
    assert.match(made[10].why, /as many/);
    const held = await rows("*");
    const again = await taken(op, [lines[0], { ...lines[1], url: "https://other.acme.test/in" }]);
    assert.deepEqual(again, [{ outcome: "unchanged" }, { outcome: "different" }]);
    assert.deepEqual(await rows("*"), held);
    assert.ok(held.every(({ enabled, due_at }) => !enabled && due_at === null));
    await op.rows("DELETE FROM webhooks");
  });

  test("whose secret cannot come along has one that nobody was ever given", async () => {
    const unknown = [
      [{}, {}],
      [{ root: 1, generation: 2 }, {}],
      [{ root: 1, generation: 2 }, { 1: "another" }],
      [{ root: 9, generation: 2 }, await roots()],
      [{ root: 1 }, await roots()],
      [{ root: 1, generation: 0 }, await roots()],
    ];
    for (const [more, roots] of unknown) {
      const [{ needs_secret }] = await taken(op, [line(0, more)], { roots });
      assert.equal(needs_secret, true, JSON.stringify(more));
      const [{ generation }] = await rows("generation");
      assert.ok(generation > 1_700_000_000, `${generation}`);
      await op.rows("DELETE FROM webhooks");
    }
  });

  test("has the secret before for as long as an overlap can be, and under a root key that is here", async () => {
    const day = 86_400;
    const until = Math.floor(Date.now() / 1_000) + 3 * day;
    const secret = { root: 1, generation: 3, previous_root: 1 };
    const lines = [
      line(0, { ...secret, previous_until: until }),
      line(1, { ...secret, previous_until: until + 30 * day }),
      line(2, { ...secret, previous_until: 7 }),
      line(3, { ...secret, previous_until: until, previous_root: 4_294_967_297 }),
      line(4, { ...secret, previous_until: until, root: 9 }),
    ];
    await taken(op, lines, { roots: await roots() });
    assert.deepEqual((await rows("previous_until")).map(({ previous_until }) => previous_until), [until, null, null, null, null]);
    await op.rows("DELETE FROM webhooks");
  });

  test("goes to public addresses alone, and a member that is no number counts for none", async () => {
    for (const [more, why] of [
      [{ url: "https://127.0.0.1/" }, /url must have a public domain name/],
      [{ url: "https://metadata.google.internal/" }, /url must have a public domain name/],
      [{ url: "https://u:p@siem.acme.test/" }, /url must/],
      [{ url: `https://siem.acme.test/${"a".repeat(2_000)}` }, /url must/],
      [{ url: ["https://siem.acme.test/"] }, /url must/],
      [{ name: "<b>" }, /name must/],
      [{ events: ["sign_ins"] }, /there is no sign_ins/],
      [{ events: [] }, /events must/],
      [{ events: "sign_in" }, /events must/],
      [{ format: "jwt" }, /format must/],
      [{ app: "app" }, /client_id is for the format set/],
      [{ enabled: true }, /enabled is no member/],
      [{ position: 7 }, /position is no member/],
      [{ generation: "1" }, /generation must be a whole number/],
      [{ generation: 1e300 }, /generation must be a whole number/],
      [{ root: -1 }, /root must be a whole number/],
      [{ previous_until: {} }, /previous_until must be a whole number/],
    ]) {
      const [result] = await taken(op, [line(0, more)], { roots: await roots() });
      assert.equal(result.outcome, "refused", JSON.stringify(more));
      assert.match(result.why, why);
    }
    assert.deepEqual(await rows("id"), []);
  });
});

test("a request has ten apps at most whose sector document is fetched", async () => {
  const uri = "https://sector.acme.test/uris.json";
  op.serve(uri, { json: ["https://app.acme.test/cb"] });
  const app = (n) => ({ kind: "app", id: `sector-${n}`, metadata: { redirect_uris: ["https://app.acme.test/cb"], subject_type: "pairwise", sector_identifier_uri: uri } });
  const results = await taken(op, Array.from({ length: 12 }, (_, n) => app(n)));
  assert.deepEqual(results.map(({ outcome }) => outcome), [...Array(10).fill("added"), "refused", "refused"]);
  assert.match(results[10].why, /with the next/);
});

describe("what other providers wrote down", () => {
  test("a plain secret of an app works, and is stored as a hash", async () => {
    const secret = "an-old-secret-of-the-app";
    const line = { kind: "app", id: "legacy-app", secret, metadata: { redirect_uris: ["https://app.acme.test/callback"], token_endpoint_auth_method: "client_secret_basic" } };
    assert.deepEqual(await taken(op, [line, line]), [{ outcome: "added" }, { outcome: "unchanged" }]);
    const [row] = await op.rows("SELECT secret_hash, wrapped_secret FROM clients WHERE id = 'legacy-app'");
    assert.ok(row.secret_hash && !row.secret_hash.includes(secret) && row.wrapped_secret === null);
  });

  test("an id with a bar is a person's `sub` as before", async () => {
    const id = "auth0|5f7c8ec7c33c6c004bbafe82";
    await taken(op, [{ kind: "person", id, username: "barred" }, { kind: "credential", user: id, type: "password", secret: HASH }]);
    const response = await op.admin(`/admin/api/users/${encodeURIComponent(id)}`);
    assert.equal((await response.json()).id, id);
    const browser = op.browser();
    const page = await browser.signIn(await browser.open("/account"), { username: "barred", password: "correct horse \u00e9" });
    assert.equal(page.url, op.url("/account"));
  });
});

test("while D1 fails nothing is half imported", async () => {
  const lines = [{ kind: "person", id: "half-1", username: "half-1" }, { kind: "person", id: "half-2", username: "half-2" }];
  const response = await op.admin("/admin/api/import", { json: { lines }, d1: { matching: "INSERT INTO audit" } });
  assert.equal(response.status, 503);
  assert.deepEqual(await op.rows("SELECT id FROM users WHERE id LIKE 'half-%'"), []);
  assert.deepEqual((await taken(op, lines)).map(({ outcome }) => outcome), ["added", "added"]);
});
