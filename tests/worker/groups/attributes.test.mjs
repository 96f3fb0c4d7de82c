// What an operator keeps of people and groups (ATTRIBUTES), who sees it, and which apps are told of it; claims of an app's own.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { notice, signedIn } from "../account/support.mjs";
import { claimsOf } from "../support/jwt.mjs";
import { startLimen } from "../support/limen.mjs";
import { change, groupOf, idToken, userinfo } from "./support.mjs";

const ATTRIBUTES = JSON.stringify({
  department: { title: "Department", "title#de": "Abteilung", scope: "employee", person: "see" },
  cost_center: { type: "number", scope: "employee" },
  teams: { type: "list", scope: "employee", person: "see" },
  shirt: { title: "T-shirt size", person: "edit" },
  news: { type: "flag", person: "edit" },
  badge: { type: "number", person: "edit" },
  hobbies: { type: "list", person: "edit" },
  songs: { type: "list", person: "edit", scope: "employee" },
});
const op = await startLimen({ vars: { ATTRIBUTES, FRONT_CHANNEL_TOKENS: "on" } });

const SCOPE = "openid profile employee";
const give = (person, attributes) => op.admin(`/admin/api/users/${person.id}`, { method: "PATCH", json: { attributes } });
const giveGroup = (group, attributes) => op.admin(`/admin/api/groups/${group.id}`, { method: "PATCH", json: { attributes } });
const ofPerson = async ({ id }) => (await op.json(`/admin/api/users/${id}`, { bearer: op.adminToken })).attributes;
const patch = (client, json) => op.admin(`/register/${client.id}`, { method: "PATCH", json });
const only = (claims, names) => Object.fromEntries(names.filter((name) => name in claims).map((name) => [name, claims[name]]));
const NAMES = ["department", "cost_center", "teams", "shirt", "attributes"];

async function employee(attributes) {
  const person = await op.person();
  const response = await give(person, attributes);
  assert.equal(response.status, 200, await response.text());
  return person;
}

describe("values", () => {
  test("are given and taken one by one, and told to operators", async () => {
    const ada = await employee({ department: "R&D", cost_center: 42 });
    await give(ada, { cost_center: null, teams: ["a", "b"] });
    assert.deepEqual(await ofPerson(ada), { department: "R&D", teams: ["a", "b"] });
    await op.admin(`/admin/api/users/${ada.id}`, { method: "PATCH", json: { nickname: "A" } });
    assert.deepEqual(await ofPerson(ada), { department: "R&D", teams: ["a", "b"] });
    await op.admin(`/admin/api/users/${ada.id}`, { method: "PATCH", json: { attributes: null } });
    assert.equal(await ofPerson(ada), undefined);
  });

  test("come with a new person, and with a group", async () => {
    const made = await op.admin("/admin/api/users", { json: { username: "attr-new", attributes: { department: "Sales" } } });
    assert.deepEqual((await made.json()).attributes, { department: "Sales" });
    const group = await (await op.admin("/admin/api/groups", { json: { name: "Sellers", attributes: { department: "Sales" } } })).json();
    assert.deepEqual(group.attributes, { department: "Sales" });
    assert.deepEqual((await (await giveGroup(group, { department: null, teams: ["x"] })).json()).attributes, { teams: ["x"] });
    assert.deepEqual((await op.json(`/admin/api/groups/${group.id}`, { bearer: op.adminToken })).attributes, { teams: ["x"] });
    const [{ attributes }] = await op.rows("SELECT attributes FROM groups WHERE id = ?", group.id);
    assert.equal(attributes, '{"teams":["x"]}');
  });

  test("of a wrong type or a name that there is not are refused, and nothing is changed", async () => {
    const ada = await employee({ department: "R&D" });
    const group = await groupOf(op);
    for (const [attributes, says] of [
      [{ department: 7 }, "attributes.department must be a text of 1 to 500 bytes in one line"],
      [{ cost_center: "42" }, "attributes.cost_center must be a number"],
      [{ teams: "a" }, "attributes.teams must be a list"],
      [{ department: "\u3164" }, "attributes.department must be a text of 1 to 500 bytes in one line, all of which can be seen"],
      [{ department: "a\u202eb" }, "attributes.department must be a text"],
      [{ teams: ["a\u200b"] }, "attributes.teams must be a list"],
      [{ departmnt: "x" }, "attributes.departmnt is not in ATTRIBUTES, which has: badge cost_center department"],
      [{ teams: Array(50).fill("x".repeat(200)) }, "attributes must have at most 8192 bytes"],
      [[], "attributes must be an object"],
      ["x", "attributes must be an object"],
    ]) {
      for (const response of [await give(ada, attributes), await giveGroup(group, attributes)]) {
        assert.equal(response.status, 400, JSON.stringify(attributes));
        assert.ok((await response.json()).error_description.startsWith(says), says);
      }
    }
    assert.deepEqual(await ofPerson(ada), { department: "R&D" });
  });

  test("given at once to a group are all kept", async () => {
    const group = await groupOf(op);
    const answers = await Promise.all(["department", "shirt"].map((name) => giveGroup(group, { [name]: "x" })));
    for (const answer of answers) assert.equal(answer.status, 200, await answer.text());
    const kept = await op.json(`/admin/api/groups/${group.id}`, { bearer: op.adminToken });
    assert.deepEqual(kept.attributes, { department: "x", shirt: "x" });
  });
});

test("a group that is given too much by two requests at once keeps what one of them gave", async () => {
  const group = await groupOf(op);
  const half = Array(50).fill("x".repeat(100));
  const first = { d1: { meanwhile: { before: "UPDATE OR IGNORE groups", run: `UPDATE groups SET attributes = '${JSON.stringify({ hobbies: half })}'` } } };
  const answer = await op.admin(`/admin/api/groups/${group.id}`, { method: "PATCH", json: { attributes: { teams: half } }, ...first });
  assert.equal(answer.status, 409, await answer.text());
  const kept = await op.json(`/admin/api/groups/${group.id}`, { bearer: op.adminToken });
  assert.deepEqual(Object.keys(kept.attributes), ["hobbies"]);
});

describe("an app", () => {
  test("with the scope is told them at UserInfo and in the ID token, once the person has allowed it by their titles", async () => {
    const ada = await employee({ department: "R&D", cost_center: 42, shirt: "M" });
    const client = await op.client({ scope: SCOPE });
    const browser = op.browser();
    const page = await browser.signIn(await browser.authorize(client, { scope: SCOPE }), ada);
    assert.match(page.text, /cost_center, Department, songs, teams/);
    await browser.approve(page);
    const tokens = await client.tokens(await browser.obtain(client, ada, { scope: SCOPE }));
    const told = { department: "R&D", cost_center: 42 };
    assert.deepEqual(only(idToken(tokens), NAMES), told);
    assert.deepEqual(only(await userinfo(op, tokens), NAMES), told);
    assert.deepEqual(only(claimsOf(tokens.access_token), NAMES), {}, "not in the access token");
    await give(ada, { department: "Sales", cost_center: null });
    assert.deepEqual(only(await userinfo(op, tokens), NAMES), { department: "Sales" });
  });

  test("without the scope is told nothing, nor for asking by claims", async () => {
    const ada = await employee({ department: "R&D" });
    const client = await op.client({ scope: "openid profile" });
    const names = Object.fromEntries([...NAMES, "attributes"].map((name) => [name, { essential: true }]));
    const claims = JSON.stringify({ userinfo: names, id_token: names });
    const tokens = await client.tokens(await op.browser().obtain(client, ada, { scope: SCOPE, claims }));
    assert.deepEqual(only(await userinfo(op, tokens), NAMES), {});
    assert.deepEqual(only(idToken(tokens), NAMES), {});
  });

  test("that registered itself cannot have the scope", async () => {
    const open = await startLimen({ vars: { ATTRIBUTES, REGISTRATION: "open" } });
    const json = { redirect_uris: ["https://self.acme.test/cb"], scope: SCOPE, own_claims: [{ claim: "a", template: "{department}" }] };
    const registered = await open.json("/register", { json });
    assert.equal(registered.scope.includes("employee"), false);
    assert.equal(registered.own_claims, undefined);
  });

  test("that registered itself is told none, also where it has the scope from a time when an API had it", async () => {
    const ada = await employee({ department: "R&D" });
    const client = await op.client({ scope: SCOPE });
    await op.rows("UPDATE clients SET metadata = json_set(metadata, '$.limen_any_api_scope', json('true')), version = version + 1 WHERE id = ?", client.id);
    const tokens = await client.tokens(await op.browser().obtain(client, ada, { scope: SCOPE }));
    assert.match(tokens.scope, /employee/);
    assert.deepEqual([only(await userinfo(op, tokens), NAMES), only(idToken(tokens), NAMES)], [{}, {}]);
  });

  test("is left out of what would make a token too long, and everything works on with that", async () => {
    const ada = await employee({ department: "R&D", teams: Array.from({ length: 39 }, (_, n) => `${n}`.padEnd(200, "x")) });
    const client = await op.client({ scope: SCOPE });
    const own = Array.from({ length: 20 }, (_, n) => ({ claim: `t${n}`, template: "{teams}, ", in: ["access_token", "id_token", "userinfo"] }));
    assert.equal((await patch(client, { access_token_claims: true, own_claims: own })).status, 200);
    const tokens = await client.tokens(await op.browser().obtain(client, ada, { scope: SCOPE }));
    for (const token of [tokens.access_token, tokens.id_token]) {
      assert.ok(token.length < 6_000, `${token.length}`);
      assert.deepEqual(only(claimsOf(token), [...NAMES, "t0"]), { department: "R&D" });
    }
    assert.ok("teams" in (await userinfo(op, tokens)));
    const introspect = async () => (await client.post("/introspect", { token: tokens.access_token })).json();
    assert.equal((await introspect()).active, true);
    assert.equal((await client.post("/revoke", { token: tokens.access_token })).status, 200);
    assert.equal((await introspect()).active, false);
  });

  test("is told what operators decide, however much people write into what they may edit", async () => {
    const ada = await employee({ department: "R&D", songs: [...Array(15).fill("x".repeat(200)), "x".repeat(14)] });
    const client = await op.client({ scope: SCOPE });
    const own_claims = [{ claim: "may_pay", value: false, in: ["access_token", "id_token"] }];
    assert.equal((await patch(client, { access_token_claims: true, own_claims })).status, 200);
    const tokens = await client.tokens(await op.browser().obtain(client, ada, { scope: SCOPE }));
    for (const token of [tokens.access_token, tokens.id_token]) {
      const { department, may_pay, songs } = claimsOf(token);
      assert.deepEqual({ department, may_pay, songs }, { department: "R&D", may_pay: false, songs: undefined });
    }
    assert.equal((await userinfo(op, tokens)).songs.length, 16);
  });

  test("with access_token_claims is told them in access tokens and by introspection", async () => {
    const ada = await employee({ department: "R&D" });
    const client = await op.client({ scope: SCOPE, access_token_claims: true });
    const tokens = await client.tokens(await op.browser().obtain(client, ada, { scope: SCOPE }));
    assert.equal(claimsOf(tokens.access_token).department, "R&D");
    assert.equal((await client.introspect(tokens.access_token)).department, "R&D");
  });

  test("is told what groups give, where the person has nothing of their own; lists are joined", async () => {
    const ada = await employee({ cost_center: 1 });
    const [b, a] = [await groupOf(op, [ada], "Attr B"), await groupOf(op, [ada], "Attr A")];
    await giveGroup(b, { department: "B", cost_center: 2, teams: ["x", "y"] });
    await giveGroup(a, { department: "A", teams: ["y", "z"] });
    const client = await op.client({ scope: SCOPE });
    const tokens = await client.tokens(await op.browser().obtain(client, ada, { scope: SCOPE }));
    const told = { department: "A", cost_center: 1, teams: ["y", "z", "x"] };
    assert.deepEqual(only(idToken(tokens), NAMES), told);
    assert.deepEqual(only(await userinfo(op, tokens), NAMES), told);
    await give(ada, { teams: ["own"] });
    await change(op, a, { remove: [ada] });
    assert.deepEqual(only(await userinfo(op, tokens), NAMES), { department: "B", cost_center: 1, teams: ["own"] });
  });
});

describe("claims of an app's own", () => {
  test("are fixed or computed, where they are wanted, and need no scope", async () => {
    const ada = await employee({ department: "R&D", cost_center: 42 });
    const client = await op.client();
    const own_claims = [
      { claim: "tier", value: { level: 3 } },
      { claim: ["https://acme.test/claims", "unit"], template: "{department}/{cost_center}", in: ["access_token"] },
      { claim: "center", template: "{cost_center}", in: ["id_token"] },
      { claim: "login", template: "{username}@acme", in: ["userinfo"] },
      { claim: "missing", template: "{shirt}" },
      { claim: "other", template: "{shirt|none}", in: ["userinfo"] },
    ];
    const response = await patch(client, { own_claims });
    assert.equal(response.status, 200, await response.clone().text());
    assert.deepEqual((await response.json()).own_claims[2], own_claims[2]);
    const tokens = await client.tokens(await op.browser().obtain(client, ada));
    const names = ["tier", "https://acme.test/claims", "center", "login", "missing", "other"];
    const at = claimsOf(tokens.access_token);
    assert.deepEqual(only(idToken(tokens), names), { tier: { level: 3 }, center: 42 });
    assert.deepEqual(only(await userinfo(op, tokens), names), { tier: { level: 3 }, login: `${ada.username}@acme`, other: "none" });
    assert.deepEqual(only(at, names), { "https://acme.test/claims": { unit: "R&D/42" } });
    const introspected = await client.introspect(tokens.access_token);
    assert.deepEqual(introspected["https://acme.test/claims"], { unit: "R&D/42" });
  });

  test("are refused where they are reserved or could fail, and a client does not set them itself", async () => {
    const client = await op.client();
    for (const one of [{ claim: "sub", value: "x" }, { claim: "scope", value: "x" }, { claim: "email", template: "{username}" }, { claim: "a", template: "{" }, { claim: "a" }]) {
      const response = await patch(client, { own_claims: [one] });
      assert.equal(response.status, 400, JSON.stringify(one));
      assert.match((await response.json()).error_description, /own_claims/);
    }
  });

  test("have no names of JavaScript's own on their way, and templates with names that there are alone", async () => {
    const client = await op.client();
    for (const name of ["__proto__", "constructor", "prototype"]) {
      for (const json of [{ own_claims: [{ claim: ["a", name, "x"], value: 1 }] }, { own_claims: [{ claim: name, value: 1 }] }, { roles_claim: ["a", name] }]) {
        const response = await patch(client, json);
        assert.equal(response.status, 400, JSON.stringify(json));
        assert.match((await response.json()).error_description, /__proto__/);
      }
    }
    for (const name of ["sub", "email", "password", "roles"]) {
      const response = await patch(client, { own_claims: [{ claim: "a", template: `x{${name}|none}` }] });
      assert.equal(response.status, 400, name);
      assert.match((await response.json()).error_description, new RegExp(`template with ${name}, .*there are username, .*department`));
    }
    // What is stored already stays as it is, and stands in no other change's way.
    await patch(client, { own_claims: [{ claim: "a", template: "{department}" }] });
    await op.db.exec(`UPDATE clients SET metadata = replace(metadata, '{department}', '{bygone}') WHERE id = '${client.id}'`);
    op.clock.advance({ minutes: 2 });
    const other = await patch(client, { client_name: "Other" });
    assert.equal(other.status, 200, await other.text());
  });
});

describe("people", () => {
  test("see at their profile what they may, and edit what they may", async () => {
    const ada = await employee({ department: "R&D <b>", cost_center: 42 });
    const group = await groupOf(op, [ada]);
    await giveGroup(group, { teams: ["search"], cost_center: 7 });
    const browser = await signedIn(op, ada);
    const form = await browser.open("/account/profile");
    assert.match(form.html, /<dt>Department<\/dt><dd><bdi>R&#38;D &#60;b&#62;<\/bdi>/);
    assert.match(form.html, /<dt>teams<\/dt><dd><bdi>search<\/bdi>/);
    assert.doesNotMatch(form.html, /cost_center/);
    const page = await browser.submit(form, "save", {
      attribute_shirt: " M ", attribute_news: "yes", attribute_badge: "7.5", attribute_hobbies: "chess\r\n\r\n tea ",
      attribute_department: "Board", attribute_cost_center: "1",
    });
    assert.equal(notice(page), "Your profile is saved.");
    const kept = { department: "R&D <b>", cost_center: 42, shirt: "M", news: true, badge: 7.5, hobbies: ["chess", "tea"] };
    assert.deepEqual(await ofPerson(ada), kept);
    const again = await browser.submit(await browser.open("/account/profile"), "save", { attribute_shirt: "", attribute_hobbies: "" });
    assert.equal(notice(again), "Your profile is saved.");
    const { shirt, hobbies, ...rest } = kept;
    assert.deepEqual({ ...(await ofPerson(ada)), news: true }, rest);
  });

  test("are told what is wrong, and nothing is saved", async () => {
    const ada = await employee({ badge: 1 });
    const browser = await signedIn(op, ada);
    const page = await browser.submit(await browser.open("/account/profile"), "save", {
      attribute_badge: "seven", attribute_shirt: "x".repeat(501), name: "Changed",
    });
    assert.equal(page.status, 400);
    assert.match(page.html, /<a href="#attribute_badge">badge<\/a>/);
    assert.match(page.html, /value="seven"[^>]* aria-describedby="attribute_badge-hint attribute_badge-problem" aria-invalid="true"/);
    assert.deepEqual(await ofPerson(ada), { badge: 1 });
  });

  test("keep what is of another form than they may enter, when they change something else", async () => {
    const ada = await employee({ news: true });
    const odd = { shirt: " M  ", hobbies: [" chess", "tea "], news: "weekly" };
    await op.rows("UPDATE users SET claims = json_set(claims, '$.attributes', json(?)) WHERE id = ?", JSON.stringify(odd), ada.id);
    const browser = await signedIn(op, ada);
    const page = await browser.submit(await browser.open("/account/profile"), "save", { attribute_badge: "8", attribute_news: "weekly", attribute_hobbies: " chess\r\ntea " });
    assert.equal(notice(page), "Your profile is saved.");
    const [{ own }] = await op.rows("SELECT json_extract(claims, '$.attributes') AS own FROM users WHERE id = ?", ada.id);
    assert.deepEqual(JSON.parse(own), { ...odd, badge: 8 });
  });

  test("are told on the same page that it is too much in all, and nothing is lost", async () => {
    const ada = await employee({ badge: 1, cost_center: 42 });
    const browser = await signedIn(op, ada);
    const long = Array(50).fill("x".repeat(190)).join("\r\n");
    const page = await browser.submit(await browser.open("/account/profile"), "save", { attribute_hobbies: long, name: "Changed" });
    assert.equal(page.status, 400);
    assert.match(page.alert, /^That is more in all than is kept of anybody/);
    assert.equal(page.form("save").controls.find(({ name }) => name === "name").value, "Changed");
    assert.deepEqual(await ofPerson(ada), { badge: 1, cost_center: 42 });
  });

  test("find what they may see in the copy of their data, and no more", async () => {
    const ada = await employee({ department: "R&D", cost_center: 42 });
    await giveGroup(await groupOf(op, [ada]), { teams: ["search"], cost_center: 7 });
    const browser = await signedIn(op, ada);
    const copy = JSON.parse((await browser.open("/account/data/download")).html);
    assert.deepEqual(copy.account.claims.attributes, { department: "R&D" });
    assert.deepEqual(copy.groups[0].attributes, { teams: ["search"] });
  });
});

test("discovery names the scopes and claims", async () => {
  const metadata = await op.json("/.well-known/openid-configuration");
  assert.equal(metadata.scopes_supported.filter((scope) => scope === "employee").length, 1);
  for (const name of ["department", "cost_center", "teams"]) assert.ok(metadata.claims_supported.includes(name), name);
  assert.ok(!metadata.claims_supported.includes("shirt"));
});

test("a value that is no longer of what there is, is kept and told nobody", async () => {
  const ada = await employee({ department: "R&D" });
  const text = JSON.stringify({ attributes: { department: 7, gone: "x", teams: ["a", 1] } });
  await op.rows("UPDATE users SET claims = ? WHERE id = ?", text, ada.id);
  const client = await op.client({ scope: SCOPE });
  const tokens = await client.tokens(await op.browser().obtain(client, ada, { scope: SCOPE }));
  assert.deepEqual(only(await userinfo(op, tokens), [...NAMES, "gone"]), {});
});

test("names that mean something are refused at start", async () => {
  for (const [attributes, says] of [
    ['{"sub": {}}', /ATTRIBUTES has a name that is reserved/],
    ['{"email": {}}', /ATTRIBUTES has a name that is reserved/],
    ['{"a": {"scope": "profile"}}', /ATTRIBUTES needs a scope of a that means nothing else/],
    ["{", /ATTRIBUTES must be a JSON object by name/],
  ]) {
    const wrong = await startLimen({ vars: { ATTRIBUTES: attributes } });
    assert.match(await (await wrong.fetch("/login")).text(), says);
  }
});
