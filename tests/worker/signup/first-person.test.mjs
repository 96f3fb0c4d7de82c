// The first account of a fresh deployment: a page for whoever holds the admin token, or a link; both are gone when somebody has one.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { EVERY_SCOPE } from "../support/admin-scopes.mjs";
import { startLimen } from "../support/limen.mjs";

const PASSWORD = "three random words";
let people = 0;

const newcomer = () => ({ email: `first-${++people}@people.test`, username: `first-${people}`, password: PASSWORD });
const count = async (op) => (await op.rows("SELECT COUNT(*) AS n FROM users"))[0].n;

async function linkOf(op, json = { first: true }) {
  const answer = await op.admin("/admin/api/invitations", { json });
  return { status: answer.status, path: (await answer.json()).url?.slice(op.issuer.length) };
}

describe("while nobody has an account", () => {
  test("whoever holds the admin token makes the first one, whatever SIGNUP is, and then both pages are gone", async () => {
    const op = await startLimen();
    const browser = op.browser();
    const page = await browser.open("/setup/first");
    assert.match(page.text, /The first account/);
    const wrong = await browser.submit(page, "admin_token", { admin_token: "x".repeat(64) });
    assert.equal(wrong.status, 400);
    assert.doesNotMatch(wrong.html, /x{64}/);
    assert.equal((await op.rows("SELECT 1 FROM audit WHERE event = 'operator_refused'")).length, 1);
    const form = await browser.submit(wrong, "admin_token", { admin_token: ` ${op.adminToken} ` });
    assert.match(form.url, /\/signup\?invitation=/);
    assert.ok(!form.url.includes(op.adminToken) && !form.html.includes(op.adminToken));
    const done = await browser.submit(form, "email", newcomer());
    assert.equal(done.url, op.url("/account"), done.text);
    const { operators } = await op.json("/admin/api/operators", { bearer: op.adminToken });
    assert.deepEqual(operators.map(({ roles }) => roles), [["owner"]]);
    assert.equal((await op.rows("SELECT 1 FROM audit WHERE event = 'operator_roles_changed'")).length, 1);
    assert.equal((await op.fetch("/setup/first")).status, 404);
    assert.equal((await browser.submit(page, "admin_token", { admin_token: op.adminToken })).status, 404);
    assert.equal((await browser.open(form.url)).status, 400);
    assert.equal((await linkOf(op)).status, 409);
    assert.equal(await count(op), 1);
  });

  test("of many links that are used at once, for different people, one makes an account", async () => {
    const op = await startLimen({ isolates: 2 });
    const links = await Promise.all(Array.from({ length: 10 }, () => linkOf(op)));
    const open = async ({ path }, n) => {
      const browser = op.browser({ isolate: n % 2 });
      return { browser, page: await browser.open(path), address: `192.0.2.${n}` };
    };
    const opened = await Promise.all(links.map(open));
    const five = opened.flatMap((one) => Array.from({ length: 5 }, () => one));
    const send = ({ browser, page, address }) => browser.submit(page, "email", newcomer(), { address });
    const answers = await Promise.all(five.map(send));
    assert.equal(answers.filter(({ url }) => url === op.url("/account")).length, 1);
    assert.equal(await count(op), 1);
    for (const { path } of links) assert.equal((await op.fetch(path)).status, 400);
  });

  test("a link opened before somebody was made is of no use afterwards", async () => {
    const op = await startLimen();
    const { path } = await linkOf(op);
    const browser = op.browser();
    const page = await browser.open(path);
    const other = await linkOf(op);
    await op.person();
    assert.equal((await browser.submit(page, "email", newcomer())).status, 400);
    assert.equal((await op.fetch(other.path)).status, 400);
    assert.equal(await count(op), 1);
  });

  test("a key makes the link only if it may do all that an owner may", async () => {
    const op = await startLimen();
    const keyOf = async (scopes) => (await op.json("/admin/api/api_keys", { bearer: op.adminToken, json: { name: `Key ${scopes.length}`, scopes } })).key;
    const send = async (scopes) => (await op.fetch("/admin/api/invitations", { bearer: await keyOf(scopes), json: { first: true } })).status;
    assert.equal(await send(["people:write", "operators:write"]), 403);
    assert.equal(await send(EVERY_SCOPE), 201);
  });

  test("the token is guessed 20 times at most from one network, and in a form of this browser alone", async () => {
    const op = await startLimen();
    const browser = op.browser();
    const page = await browser.open("/setup/first");
    assert.equal((await op.browser().submit(page, "admin_token", { admin_token: op.adminToken })).status, 403);
    const guess = () => browser.submit(page, "admin_token", { admin_token: "wrong" });
    for (let n = 0; n < 20; n++) assert.equal((await guess()).status, 400);
    const locked = await browser.submit(page, "admin_token", { admin_token: op.adminToken });
    assert.equal(locked.status, 429);
    assert.ok(Number(locked.headers.get("retry-after")) > 0);
    assert.equal((await op.fetch("/setup/first", { method: "HEAD" })).status, 405);
  });

  test("without an admin token there is no such page", async () => {
    const op = await startLimen({ vars: { ADMIN_TOKEN: undefined } });
    assert.equal((await op.fetch("/setup/first")).status, 404);
  });
});
