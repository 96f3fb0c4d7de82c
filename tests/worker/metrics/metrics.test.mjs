// What answers write down for Workers Analytics Engine, where it is bound.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const [op, broken, without] = [
  await startLimen({ vars: { FAKE_METRICS: "kept" } }),
  await startLimen({ vars: { FAKE_METRICS: "broken" } }),
  await startLimen(),
];
const points = (response) => JSON.parse(atob(response.headers.get("x-limen-test-points")));
const measure = { measure: true };

test("an answer writes one point, with the endpoint, what came of it and how long it took", async () => {
  const client = await op.serviceClient({ scope: "notes" });
  // Keys and settings are at hand from then on.
  await client.credentials();
  const [point, ...more] = points(await client.credentials({}, measure));
  assert.deepEqual(more, []);
  const [milliseconds] = point.doubles.splice(1, 1);
  assert.ok(point.doubles.pop() <= 1, "reads of KV");
  assert.ok(milliseconds >= 0 && milliseconds < 60_000);
  assert.deepEqual(point, {
    indexes: ["/token"],
    blobs: ["/token", "POST", "ok", "", "app", "client_credentials", ""],
    doubles: [1, 200, 1],
  });
  const refused = points(await op.fetch("/token", { form: { grant_type: "ada@people.test", client_id: "x" }, ...measure }));
  assert.deepEqual(refused[0].blobs.slice(2, 6), ["refused", "invalid_client", "app", ""]);
});

test("a sign-in, a failure and an error that a browser brings back are seen, and nobody is", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  const seen = [];
  const plain = op.fetch;
  op.fetch = async (path, init) => {
    const response = await plain.call(op, path, { ...init, measure: true });
    seen.push(...points(response));
    return response;
  };
  try {
    await op.browser().obtain(client, ada);
    await op.browser().fetch(client.authorizePath({ prompt: "none" }));
    await op.admin(`/admin/api/users/${ada.id}`);
  } finally {
    op.fetch = plain;
  }
  const blobs = seen.map((point) => point.blobs);
  assert.ok(blobs.some(([endpoint, , , , , , events]) => endpoint === "/login" && events.split(" ").includes("sign_in")));
  assert.ok(blobs.some(([endpoint, , , error]) => endpoint === "/authorize" && error === "login_required"));
  assert.ok(blobs.some(([endpoint, , , , audience]) => endpoint === "/admin/api/users/{user_id}" && audience === "operator"));
  const text = JSON.stringify(seen);
  for (const secret of [ada.id, ada.username, ada.email, client.id, "198.51."]) assert.ok(!text.includes(secret), secret);
});

test("each guess is one, also where they are one row of the audit", async () => {
  const [client, ada] = [await op.client(), await op.person()];
  const browser = op.browser();
  const guesses = [];
  for (let n = 0; n < 3; n++) {
    const page = await browser.authorize(client);
    const { action, controls } = page.form("password");
    const fields = Object.fromEntries(controls.filter(({ name, tag }) => name && tag !== "button").map(({ name, value }) => [name, value]));
    const form = { ...fields, username: ada.username, password: "not the right one" };
    const headers = { origin: op.issuer, "sec-fetch-site": "same-origin" };
    const response = await browser.fetch(new URL(action || page.url, page.url).href, { form, headers, ...measure });
    guesses.push(points(response)[0].blobs[6]);
  }
  assert.deepEqual(guesses, Array(3).fill("sign_in_failed"));
  const [{ rows }] = await op.rows("SELECT COUNT(*) AS rows FROM audit WHERE event = 'sign_in_failed' AND user_id = ?", ada.id);
  assert.equal(rows, 1);
});

test("what is of no interest writes none", async () => {
  for (const [path, init] of [["/assets/limen.css", {}], ["/nothing", {}], ["/token", { method: "OPTIONS" }]]) {
    assert.deepEqual(points(await op.fetch(path, { ...init, ...measure })), [], path);
  }
});

test("a data set that fails breaks no request", async () => {
  const client = await broken.serviceClient({ scope: "notes" });
  assert.equal((await client.credentials({}, measure)).status, 200);
});

test("without the binding nothing is written", async () => {
  const client = await without.serviceClient({ scope: "notes" });
  const response = await client.credentials({}, measure);
  assert.deepEqual([response.status, points(response)], [200, []]);
});
