// How apps look: a logo and a color that operators give them, where they open, and notes.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";

import { PNG } from "../openapi/requests/groups.mjs";
import { operator } from "../console/support.mjs";
import { Client } from "../support/client.mjs";
import { startLimen } from "../support/limen.mjs";

const op = await startLimen();
const at = (client, rest = "") => `/admin/api/clients/${encodeURIComponent(client.id ?? client)}${rest}`;
const audit = async (query) => (await op.json(`/admin/api/audit?${query}`, { bearer: op.adminToken })).events;
const GIF = Buffer.from("R0lGODlhAQABAAAAACwAAAAAAQABAAAC", "base64");

const put = (client, body, type = "image/png", of = op) =>
  of.admin(at(client, "/logo"), { method: "PUT", body, headers: { "content-type": type } });
const patch = (client, json, init = {}) => op.admin(at(client), { method: "PATCH", json, ...init });
const read = async (client, of = op) => (await of.admin(at(client))).json();
const pathOf = (url) => new URL(url).pathname;
const signInPage = (client, of = op) => of.browser().open(client.authorizePath());

async function refused(response, status, why) {
  assert.equal(response.status, status);
  assert.match((await response.json()).error_description, why);
}

describe("a logo", () => {
  test("is uploaded, served by Limen under a fence, and shown where people decide", async () => {
    const [client, ada] = [await op.client({ client_name: "Notes" }), await op.person()];
    const before = await signInPage(client);
    assert.ok(!before.html.includes("<img"));
    const answer = await put(client, PNG);
    assert.equal(answer.status, 200);
    const { logo } = await answer.json();
    assert.deepEqual([logo.media_type, logo.size], ["image/png", PNG.length]);
    assert.equal(logo.url.split("/").at(-1), createHash("sha256").update(PNG).digest("base64url"));

    const served = await op.fetch(pathOf(logo.url));
    assert.deepEqual(Buffer.from(await served.arrayBuffer()), PNG);
    const header = (name) => served.headers.get(name);
    assert.deepEqual([header("content-type"), header("x-content-type-options")], ["image/png", "nosniff"]);
    assert.match(header("content-security-policy"), /default-src 'none'.*sandbox/);
    assert.match(header("cache-control"), /public, max-age=31536000/);
    const again = await op.fetch(pathOf(logo.url), { headers: { "if-none-match": header("etag") } });
    assert.equal(again.status, 304);

    const image = new RegExp(`<img class="monogram" src="${pathOf(logo.url)}" alt="">`);
    const browser = op.browser();
    const signIn = await browser.open(client.authorizePath());
    assert.match(signIn.html, image);
    const consent = await browser.signIn(signIn, ada);
    assert.ok(consent.asksForConsent);
    assert.match(consent.html, image);
    await browser.approve(consent);
    assert.match((await browser.open("/account/apps")).html, image);
    const [event] = await audit(`client=${client.id}&event=client_changed`);
    assert.deepEqual([event.actor, event.detail], ["operator", { changed: ["logo"] }]);
  });

  test("has another address when it is another, and none when it is gone", async () => {
    const client = await op.client();
    const first = (await (await put(client, Buffer.concat([PNG, Buffer.from("of its own")]))).json()).logo;
    const second = (await (await put(client, Buffer.concat([GIF, Buffer.from("of its own")]), "image/gif")).json()).logo;
    assert.notEqual(first.url, second.url);
    assert.equal((await op.fetch(pathOf(second.url))).headers.get("content-type"), "image/gif");
    assert.equal((await op.fetch(pathOf(first.url))).status, 404);
    assert.equal((await op.admin(at(client, "/logo"), { method: "DELETE" })).status, 204);
    assert.equal((await read(client)).logo, null);
    assert.equal((await op.fetch(pathOf(second.url))).status, 404);
    assert.ok(!(await signInPage(client)).html.includes("<img"));
    assert.equal((await op.admin(at(client, "/logo"), { method: "DELETE" })).status, 204, "twice");
  });

  test("is what its bytes are, whatever it is called", async () => {
    const client = await op.client();
    const { logo } = await (await put(client, GIF, "image/png")).json();
    assert.equal(logo.media_type, "image/gif");
    const svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (const [body, why] of [[svg, /none of PNG/], ["<html>", /none of PNG/], ["", /none of PNG/], [PNG.subarray(0, 20), /broken/]]) {
      await refused(await put(client, body), 400, why);
    }
    const wide = Buffer.from(PNG);
    wide.writeUInt32BE(5_000, 16);
    await refused(await put(client, wide), 400, /2048 pixels/);
    await refused(await put(client, Buffer.concat([PNG, Buffer.alloc(65_536)])), 400, /65536 bytes/);
    await refused(await put(client, Buffer.alloc(140_000)), 413, /too large/);
    await refused(await put(client, svg, "image/svg+xml"), 415, /a picture: image\/png/);
    assert.equal((await read(client)).logo.media_type, "image/gif", "nothing has changed");
  });

  test("survives what the app changes in its registration, and is not told to it", async () => {
    const client = await op.client({ client_name: "Notes" });
    const { logo } = await (await put(client, PNG)).json();
    await patch(client, { accent_color: "#0b57d0", launch_uri: "https://app.acme.test/start" });
    const uri = `/register/${client.id}`;
    const told = await op.json(uri, { bearer: op.adminToken });
    assert.ok(!Object.keys(told).some((name) => name.startsWith("limen_")));
    const json = { redirect_uris: [client.redirectUri], client_name: "Other", limen_logo: "x", limen_launch_uri: "https://evil.test/" };
    await op.json(uri, { method: "PUT", bearer: op.adminToken, json });
    await op.json(uri, { method: "PATCH", bearer: op.adminToken, json: { limen_accent: "#ffcc00 #ffcc00", client_name: "Another" } });
    const now = await read(client);
    assert.deepEqual([now.client_name, now.logo.url, now.launch_uri], ["Another", logo.url, "https://app.acme.test/start"]);
    assert.match(now.accent_color, /^#0b57d0 #/);
  });

  test("is fetched from logo_uri once, when an operator says so", async () => {
    const logo_uri = "https://pictures.acme.test/once.png";
    const client = await op.client({ logo_uri });
    const fetch = () => op.admin(at(client, "/logo/fetch"), { method: "POST" });
    await signInPage(client);
    assert.ok(!op.outbound.includes(logo_uri), "nobody said so");
    await refused(await fetch(), 400, /logo_uri did not answer with status 200/);
    op.serve(logo_uri, { body: PNG, headers: { "content-type": "text/html" } });
    const answer = await fetch();
    assert.equal(answer.status, 200);
    const { logo } = await answer.json();
    assert.equal(logo.media_type, "image/png");
    const asked = op.outbound.filter((url) => url === logo_uri).length;
    assert.match((await signInPage(client)).html, new RegExp(pathOf(logo.url)));
    assert.equal(op.outbound.filter((url) => url === logo_uri).length, asked);
    for (const [answer, why] of [
      [{ body: "<svg/>" }, /none of PNG/],
      [{ body: Buffer.alloc(70_000) }, /more than is read/],
      [{ status: 302, headers: { location: "https://elsewhere.test/" } }, /redirect/],
    ]) {
      op.serve(logo_uri, answer);
      await refused(await fetch(), 400, why);
    }
    assert.equal((await read(client)).logo.url, logo.url, "the one before stays");
    await refused(await op.admin(at(await op.client(), "/logo/fetch"), { method: "POST" }), 400, /is not registered/);
    const inside = await op.client({ logo_uri: "https://127.0.0.1/logo.png" });
    const refusal = await op.admin(at(inside, "/logo/fetch"), { method: "POST" });
    assert.equal(refusal.status, 400);
    assert.ok(!op.outbound.some((url) => url.includes("127.0.0.1")));
  });

  test("of several that come at once is one, whole", async () => {
    const client = await op.client();
    const pictures = [1, 2, 3, 4].map((n) => Buffer.concat([PNG, Buffer.from([n])]));
    const answers = await Promise.all(pictures.map((one) => put(client, one)));
    for (const { status } of answers) assert.ok([200, 409].includes(status), String(status));
    const { logo } = await read(client);
    const kept = Buffer.from(await (await op.fetch(pathOf(logo.url))).arrayBuffer());
    assert.ok(pictures.some((one) => one.equals(kept)));
    assert.equal((await op.rows("SELECT 1 FROM client_logos WHERE client_id = ?", client.id)).length, 1);
  });

  test("goes with its app", async () => {
    const client = await op.client();
    const { logo } = await (await put(client, PNG)).json();
    await op.fetch(`/register/${client.id}`, { method: "DELETE", bearer: op.adminToken });
    assert.equal((await op.rows("SELECT 1 FROM client_logos WHERE client_id = ?", client.id)).length, 0);
    assert.equal((await op.admin(at(client))).status, 404);
    for (const path of [pathOf(logo.url).slice(0, -1), "/assets/apps/logo/..%2f..%2f", `/assets/apps/logo/${"a".repeat(43)}`]) {
      assert.equal((await op.fetch(path)).status, 404, path);
    }
  });
});

describe("a color", () => {
  test("is put on the pages that ask on behalf of the app, from a style sheet of its own", async () => {
    const client = await op.client();
    const answer = await (await patch(client, { accent_color: "#0b57d0 #a8c7fa" })).json();
    assert.equal(answer.accent_color, "#0b57d0 #a8c7fa");
    const href = "/assets/apps/accent/0b57d0-a8c7fa.css";
    const page = await signInPage(client);
    assert.ok(page.html.includes(`<link rel="stylesheet" href="${href}">`));
    const css = await op.fetch(href);
    assert.match(css.headers.get("content-type"), /text\/css/);
    assert.match(await css.text(), /--primary: #0b57d0/);
    assert.ok(!(await op.browser().open("/login?page=overview")).html.includes(href), "their own account is Limen's");
  });

  test("stands out, or is refused with the nearest that does", async () => {
    const client = await op.client();
    await refused(await patch(client, { accent_color: "#ffcc00" }), 400, /contrast of 1.1 to 1 with light pages.*nearest shade/);
    for (const path of ["ffcc00-000000.css", "0b57d0.css", "x", "0b57d0-a8c7fa.css%7D"]) {
      assert.equal((await op.fetch(`/assets/apps/accent/${path}`)).status, 404, path);
    }
  });
});

describe("a launch address", () => {
  test("is where Open leads, before where the app itself says", async () => {
    const client = await op.client({ initiate_login_uri: "https://app.acme.test/login" });
    const [browser, ada] = [op.browser(), await op.person()];
    await browser.obtain(client, ada);
    const opens = async () => (await browser.open("/account/apps")).elements("a").find(({ class: name }) => name === "button")?.href;
    assert.match(await opens(), /^https:\/\/app\.acme\.test\/login\?iss=/);
    await patch(client, { launch_uri: "https://app.acme.test/start?a=b" });
    assert.equal(await opens(), "https://app.acme.test/start?a=b");
    await patch(client, { launch_uri: null });
    assert.match(await opens(), /login\?iss=/);
    for (const launch_uri of ["http://app.acme.test/", "javascript:alert(1)", "/x", "https://a@b.test/", 7]) {
      await refused(await patch(client, { launch_uri }), 400, /^launch_uri must be/);
    }
  });
});

describe("notes", () => {
  test("are for operators, and change nothing of the app", async () => {
    const client = await op.client();
    const [{ version }] = await op.rows("SELECT version FROM clients WHERE id = ?", client.id);
    const answer = await (await patch(client, { notes: "Ask Ada\nfirst" })).json();
    assert.equal(answer.notes, "Ask Ada\nfirst");
    assert.equal((await op.rows("SELECT version FROM clients WHERE id = ?", client.id))[0].version, version);
    const own = await op.json(`/register/${client.id}`, { bearer: client.registered.registration_access_token });
    assert.ok(!JSON.stringify(own).includes("Ask Ada"));
    assert.ok(!(await signInPage(client)).html.includes("Ask Ada"));
    assert.equal((await (await patch(client, { notes: null })).json()).notes, null);
    const [event] = await audit(`client=${client.id}&event=client_changed`);
    assert.deepEqual(event.detail, { changed: ["notes"] });
    for (const notes of ["", " ", "a\u0000", "x".repeat(2_001), 7]) await refused(await patch(client, { notes }), 400, /^notes must/);
    await refused(await patch(client, { note: "x" }), 400, /note is no member here/);
  });
});

describe("who may", () => {
  test("is who may change apps, and for apps that may do more, who may that", async () => {
    const own = await startLimen({ vars: { ADMIN_ACCESS_TOKENS: "on" } });
    const key = async (name, scopes) => (await (await own.admin("/admin/api/api_keys", { json: { name, scopes } })).json()).key;
    const [reader, apps] = [await key("Reader", ["apps:read"]), await key("Apps", ["apps:write"])];
    const [plain, strong] = [await own.client(), await own.serviceClient({ scope: "people:write" })];
    const change = async (client, bearer) => (await own.fetch(at(client), { method: "PATCH", bearer, json: { notes: "x" } })).status;
    assert.deepEqual([await change(plain, reader), await change(plain, apps), await change(strong, apps), await change(strong, own.adminToken)], [403, 200, 403, 200]);
    assert.equal((await own.fetch(at(plain), { bearer: reader })).status, 200);
    assert.equal((await own.fetch(at(plain))).status, 401);
  });

  test("an app that a document describes has notes alone", async () => {
    const id = "https://app.acme.test/client.json";
    const metadata = JSON.stringify({ redirect_uris: ["https://app.acme.test/cb"], token_endpoint_auth_method: "none" });
    await op.rows("INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at, document_fresh_until) VALUES (?, 1, ?, 'none', 1, 1, 9999999999)", id, metadata);
    assert.equal((await (await patch(id, { notes: "Theirs" })).json()).notes, "Theirs");
    await refused(await patch(id, { accent_color: "#0b57d0" }), 409, /document at its client_id describes/);
    await refused(await put(id, PNG), 409, /document at its client_id describes/);
  });
});

describe("logos of apps that registered themselves", () => {
  const wanted = (logo_uri) => ({ redirect_uris: ["https://app.acme.test/cb"], client_name: "Themselves", token_endpoint_auth_method: "none", ...(logo_uri && { logo_uri }) });
  const register = async (own, logo_uri) => own.json("/register", { json: wanted(logo_uri) });
  const logoOf = async (own, { client_id: id }) => (await (await own.admin(at(id))).json()).logo;

  test("are neither fetched nor shown, unless the operator wants that", async () => {
    const own = await startLimen({ vars: { REGISTRATION: "open" } });
    own.serve("https://app.acme.test/logo.png", { body: PNG });
    const client = await register(own, "https://app.acme.test/logo.png");
    assert.equal(await logoOf(own, client), null);
    assert.deepEqual(own.outbound, []);
  });

  test("are fetched when they register or name another, and served by Limen (registration-logo-uri)", async () => {
    const own = await startLimen({ vars: { REGISTRATION: "open", SELF_REGISTERED_LOGOS: "on" } });
    own.serve("https://app.acme.test/logo.png", { body: PNG });
    own.serve("https://app.acme.test/other.gif", { body: GIF });
    const client = await register(own, "https://app.acme.test/logo.png");
    const logo = await logoOf(own, client);
    assert.equal(logo.media_type, "image/png");
    assert.match((await signInPage(new Client(own, client), own)).html, new RegExp(`<img class="monogram" src="${pathOf(logo.url)}"`));

    const { registration_access_token: bearer } = client;
    const change = (json, token) => own.json(`/register/${client.client_id}`, { method: "PATCH", bearer: token, json });
    const changed = await change({ logo_uri: "https://app.acme.test/other.gif" }, bearer);
    assert.equal((await logoOf(own, client)).media_type, "image/gif");
    const same = await change({ client_name: "Other name" }, changed.registration_access_token);
    assert.equal((await logoOf(own, client)).media_type, "image/gif");
    await change({ logo_uri: null }, same.registration_access_token);
    assert.equal(await logoOf(own, client), null);
    assert.equal((await own.rows("SELECT 1 FROM client_logos")).length, 0);
  });

  test("of an app that waits for approval are served to operators at the console alone", async () => {
    const own = await startLimen({ vars: { REGISTRATION: "open", SELF_REGISTERED_LOGOS: "on", SELF_REGISTERED_APPROVAL: "on", SECOND_FACTOR: "optional" } });
    own.serve("https://app.acme.test/logo.png", { body: PNG });
    const client = await register(own, "https://app.acme.test/logo.png");
    const path = pathOf((await logoOf(own, client)).url);
    assert.equal((await own.fetch(path)).status, 404);
    const [owner, nobody] = [await operator(own, "owner"), own.browser()];
    await nobody.signIn(await nobody.open("/account"), await own.person());
    assert.equal((await nobody.fetch(path)).status, 404);
    const seen = await owner.browser.fetch(path);
    assert.equal(seen.status, 200);
    assert.match(seen.headers.get("cache-control"), /no-store/);
    await own.admin("/admin/api/clients/approval", { json: { approve: [client.client_id] } });
    const served = await own.fetch(path);
    assert.equal(served.status, 200);
    assert.match(served.headers.get("cache-control"), /public, max-age=31536000/);
  });

  test("that are no pictures, or not there, stand in nobody's way", async () => {
    const own = await startLimen({ vars: { REGISTRATION: "open", SELF_REGISTERED_LOGOS: "on" } });
    own.serve("https://app.acme.test/logo.svg", { body: "<svg onload='x'/>" });
    for (const logo_uri of ["https://app.acme.test/logo.svg", "https://app.acme.test/nothing", "https://127.0.0.1/x", "http://app.acme.test/x", undefined]) {
      const client = await register(own, logo_uri);
      assert.ok(client.client_id);
      assert.equal(await logoOf(own, client), null, logo_uri);
    }
    assert.deepEqual([...new Set(own.outbound)].sort(), ["https://app.acme.test/logo.svg", "https://app.acme.test/nothing"]);
  });

  test("are a thousand at most", async () => {
    const own = await startLimen({ vars: { REGISTRATION: "open", SELF_REGISTERED_LOGOS: "on" } });
    own.serve("https://app.acme.test/logo.png", { body: PNG });
    const n = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)";
    await own.rows(`${n} INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at) SELECT 'c' || i, 1, '{}', 'none', 1, 1 FROM n`);
    await own.rows(`${n} INSERT INTO client_logos (client_id, digest, media_type, content, size, openly, stored_at) SELECT 'c' || i, 'd', 'image/png', '', 0, 1, 1 FROM n`);
    assert.equal(await logoOf(own, await register(own, "https://app.acme.test/logo.png")), null);
  });
});

describe("at the console", () => {
  /** A form with a file, as browsers send it. */
  function multipart(fields, file) {
    const parts = Object.entries(fields).map(([name, value]) => `--edge\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
    const head = '--edge\r\ncontent-disposition: form-data; name="logo"; filename="logo.png"\r\ncontent-type: image/png\r\n\r\n';
    const body = Buffer.concat([Buffer.from(parts.join("") + head), file, Buffer.from("\r\n--edge--\r\n")]);
    return { method: "POST", body, headers: { "content-type": "multipart/form-data; boundary=edge", "content-length": String(body.length) } };
  }

  test("a logo is uploaded and removed, and the rest is saved", async () => {
    const one = await operator(op, "apps");
    const client = await op.client({ client_name: "Notes" });
    const path = `/admin/apps/${client.id}/look`;
    const page = await one.open(path);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)[1];
    const fields = (version) => ({ csrf, version, do: "upload" });
    assert.equal((await one.browser.fetch(path, multipart({ ...fields(1), csrf: "x" }, PNG))).status, 403, "of somebody else");
    assert.equal((await one.browser.fetch(path, multipart(fields(1), PNG))).status, 303);
    const { logo } = await read(client);
    assert.equal(logo.media_type, "image/png");
    assert.match((await one.open(path)).html, new RegExp(pathOf(logo.url)));
    const old = await one.browser.fetch(path, multipart(fields(1), GIF));
    assert.equal(old.status, 400);
    assert.match(await old.text(), /changed since this page was opened/);
    const wrong = await one.browser.fetch(path, multipart(fields(2), Buffer.from("<svg/>")));
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /none of PNG/);
    const none = await one.browser.fetch(path, multipart(fields(2), Buffer.alloc(0)));
    assert.match(await none.text(), /choose a file first/);
    const save = { csrf, version: "2", do: "save", notes: "Ask Ada", accent_color: "#0b57d0", launch_uri: "https://app.acme.test/start" };
    assert.equal((await one.browser.fetch(path, { form: save })).status, 303);
    const saved = await read(client);
    assert.deepEqual([saved.notes, saved.launch_uri, saved.logo.url], ["Ask Ada", "https://app.acme.test/start", logo.url]);
    assert.equal((await one.browser.fetch(path, { form: { csrf, version: "3", do: "remove" } })).status, 303);
    assert.equal((await read(client)).logo, null);
    const reader = await operator(op, "read_only");
    assert.equal((await reader.open(path)).has("upload"), false);
  });
});
