// docs/openapi.yaml, as Limen serves it, against Limen's own answers.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { basic } from "../support/client.mjs";
import { startLimen } from "../support/limen.mjs";
import { Contract } from "./contract.mjs";
import { NOT_REACHED, REQUESTS, stage } from "./requests.mjs";

const here = await stage();
const { op, client } = here;
const contract = new Contract(await op.json("/openapi.json"));
const broken = await startLimen({ vars: { KEK_1: "short" } });

/** A path in which every name stands for something that there is not. */
const filled = (path) => path.replaceAll(/\{[^}]*\}/g, "nothing");

/** Headers of a caller who may. */
function authorization({ security = [], path }) {
  const schemes = security.flatMap((one) => Object.keys(one));
  if (schemes.includes("clientSecretBasic")) return basic(client.id, client.secret);
  if (schemes.includes("adminToken")) return `Bearer ${op.adminToken}`;
  if (path === "/userinfo") return `Bearer ${here.tokens.access_token}`;
  return undefined;
}

/** The path of an operation with a client, person or resource that there is. */
const existing = (path) =>
  path
    .replace("{client_id}", client.id)
    .replace("{user_id}", here.person.id)
    .replace("{resource}", "userinfo")
    .replace("{group_id}", here.group.id)
    .replace("{api_id}", here.api.id)
    .replace("{webhook_id}", here.hook)
    .replace("{digest}", here.digest)
    .replace("{colors}", "0b57d0-a8c7fa.css");

function send(operation, { headers = {}, ...init } = {}) {
  const given = authorization(operation);
  const all = { ...(given && { authorization: given }), ...headers };
  return op.fetch(existing(operation.path), { method: operation.method, headers: all, ...init });
}

const withStatus = (status) => contract.operations.filter(({ responses }) => status in responses);
const typeOf = ({ requestBody }) => Object.keys(requestBody.content)[0];

describe("every operation, well and badly asked", () => {
  for (const { id, method, path } of contract.operations) {
    test(`${method} ${path} answers as documented`, async () => {
      const requests = REQUESTS[id];
      const what = `${id}: async ({ op }) => [await op.fetch(...)]`;
      assert.ok(requests, `add \`${what}\` to tests/worker/openapi/requests/`);
      for (const response of await requests(here)) await contract.check(id, response);
    });
  }
});

describe("what operations have in common", () => {
  test("304 to who has it already", async () => {
    for (const operation of withStatus("304")) {
      const response = await send(operation, { headers: { "if-none-match": "*" } });
      assert.equal(response.status, 304, operation.path);
      await contract.check(operation.id, response);
    }
  });

  const OF_OPERATORS = contract.operations.filter(({ path }) => path.startsWith("/admin/api/"));
  const calling = (operation, query, init) => op.admin(`${filled(operation.path)}${query}`, { method: operation.method, ...init });

  test("400 to a parameter that operators made up, by every method", async () => {
    for (const operation of OF_OPERATORS) {
      const init = operation.requestBody ? { headers: { "content-type": typeOf(operation) }, body: "{}" } : {};
      const response = await calling(operation, "?nosuch=1", init);
      assert.equal(response.status, 400, `${operation.method} ${operation.path}`);
      assert.match(await response.clone().text(), /nosuch is no parameter here/);
      await contract.check(operation.id, response);
    }
  });

  test("400 to a body where none is read", async () => {
    for (const operation of OF_OPERATORS.filter(({ method, requestBody }) => method !== "GET" && !requestBody)) {
      const response = await calling(operation, "", { json: { nosuch: 1 } });
      assert.equal(response.status, 400, `${operation.method} ${operation.path}`);
      assert.match(await response.clone().text(), /takes no body.*nosuch is no member here/);
      await contract.check(operation.id, response);
    }
  });

  test("400 to a member that operators made up, by its name", async () => {
    for (const operation of OF_OPERATORS.filter((operation) => operation.requestBody && typeOf(operation) === "application/json")) {
      const response = await calling(operation, "", { json: { no_such_member: 1 } });
      assert.equal(response.status, 400, `${operation.method} ${operation.path}`);
      assert.match(await response.clone().text(), /no_such_member is no member/, `${operation.method} ${operation.path}`);
      await contract.check(operation.id, response);
    }
  });

  test("415 to a body that says it is in another charset", async () => {
    for (const operation of OF_OPERATORS.filter(({ requestBody }) => requestBody)) {
      const response = await calling(operation, "", { headers: { "content-type": `${typeOf(operation)}; charset=utf-16` }, body: "{}" });
      assert.equal(response.status, 415, `${operation.method} ${operation.path}`);
      assert.match(await response.clone().text(), /utf-16/);
      await contract.check(operation.id, response);
    }
  });

  test("401 to who does not say who they are", async () => {
    for (const operation of withStatus("401")) {
      for (const header of [undefined, "Bearer x", "Basic eDp4"]) {
        const headers = {};
        if (operation.requestBody) headers["content-type"] = typeOf(operation);
        if (header) headers.authorization = header;
        const body = operation.requestBody ? "" : undefined;
        const response = await op.fetch(filled(operation.path), { method: operation.method, headers, body });
        assert.ok([400, 401].includes(response.status), `${operation.path}: ${response.status}`);
        await contract.check(operation.id, response);
      }
    }
  });

  test("403 to an API key that is too narrow", async () => {
    const key = async (name, scope) => {
      const made = await op.admin("/admin/api/api_keys", { json: { name, scopes: [scope] } });
      return (await made.json()).key;
    };
    const [settings, audit] = [await key("Narrow", "settings:read"), await key("Narrow too", "audit:read")];
    for (const operation of withStatus("403").filter(({ path }) => path.startsWith("/admin/api/"))) {
      const bearer = /\/(settings|status|health)$/.test(operation.path) ? audit : settings;
      const body = operation.requestBody && { headers: { "content-type": typeOf(operation) }, body: "{}" };
      const response = await op.fetch(existing(operation.path), { method: operation.method, bearer, ...body });
      assert.equal(response.status, 403, `${operation.method} ${operation.path}`);
      await contract.check(operation.id, response);
    }
  });

  test("413 to a body that is too large", async () => {
    for (const operation of withStatus("413")) {
      const body = "x".repeat(200_000);
      const response = await send(operation, { headers: { "content-type": typeOf(operation) }, body });
      assert.equal(response.status, 413, `${operation.method} ${operation.path}`);
      await contract.check(operation.id, response);
    }
  });

  test("415 to a body of another type", async () => {
    for (const operation of withStatus("415")) {
      const response = await send(operation, { headers: { "content-type": "text/plain" }, body: "x" });
      assert.equal(response.status, 415, `${operation.method} ${operation.path}`);
      await contract.check(operation.id, response);
    }
  });

  test("503 where a setting is missing", async () => {
    for (const operation of contract.operations) {
      const response = await broken.fetch(filled(operation.path), { method: operation.method });
      assert.equal(response.status, 503, operation.path);
      await contract.check(operation.id, response);
    }
  });

  test("503 while D1 is down, or what needs none of it", async () => {
    for (const operation of contract.operations) {
      const body = operation.requestBody ? { headers: { "content-type": typeOf(operation) }, body: "token=x" } : {};
      await contract.check(operation.id, await send(operation, { ...body, d1: { down: true } }));
    }
  });
});

test("every documented status was seen", () => {
  const unseen = contract.unseen().filter((one) => !NOT_REACHED.has(one));
  assert.deepEqual(unseen, [], "add requests for these to tests/worker/openapi/requests/, or take them out");
  const reached = [...NOT_REACHED].filter((one) => !contract.unseen().includes(one));
  assert.deepEqual(reached, [], "these were seen: take them out of NOT_REACHED");
});

describe("examples", () => {
  for (const example of contract.examples()) {
    test(`${example.name} is valid`, () => contract.checkExample(example));
  }
});

test("metadata fields of the document are those that registration knows", async () => {
  const metadata = Object.keys(contract.at("/components/schemas/ClientMetadata").properties);
  for (const name of metadata) {
    const json = { redirect_uris: ["https://app.acme.test/cb"], [name]: { odd: 1 } };
    const response = await op.admin("/register", { json });
    const { error } = await response.json();
    const refused = /^invalid_(client_metadata|redirect_uri)$/;
    assert.match(error ?? "accepted", refused, `${name} is not a field of registration`);
  }
});
