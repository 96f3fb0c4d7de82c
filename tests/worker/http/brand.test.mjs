// A deployment's own name, colors, logo, links and texts: on every page, in mails, and in what browsers and programs keep.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const SVG = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><style>path{fill:#0b57d0}</style><path d='M0 0h8v8z'/></svg>";
const BRAND = {
  BRAND_NAME: "Acme <b>&",
  ACCENT_COLOR: "#0b57d0",
  LOGO: SVG,
  PRIVACY_URL: "https://acme.test/privacy",
  SUPPORT_CONTACT: "help@acme.test",
  SIGN_IN_HEADING: '{"en": "Welcome to Acme", "de": "Willkommen bei <i>Acme</i>"}',
  SIGN_IN_TEXT: "With the account that you have for your mails.",
};
const op = await startLimen({ vars: { ...BRAND, SERVER_TIMING: undefined } });
const plain = await startLimen();

const stylesheetOf = (html) => html.match(/href="(\/assets\/limen\.css\?v=[0-9a-f]{8})"/)[1];
const page = async (limen, path, language = "en") => {
  const response = await limen.fetch(path, { headers: { "accept-language": language, accept: "text/html" } });
  return { status: response.status, headers: response.headers, html: await response.text() };
};

test("every page has the name, the logo and the links, errors and pages that there are not, too", async () => {
  for (const path of ["/login?page=overview", "/recover?page=overview", "/authorize?client_id=nobody", "/nothing/here", "/admin"]) {
    const { html } = await page(op, path);
    if (html === "") continue;
    assert.match(html, /<img class="logo" src="\/assets\/logo\?v=[0-9a-f]{8}" alt="">/, path);
    assert.match(html, /<span class="wordmark own">Acme &#60;b&#62;&#38;<\/span>/, path);
    assert.match(html, /<a id="own-privacy" href="https:\/\/acme\.test\/privacy" target="_blank" rel="noopener noreferrer">Privacy</, path);
    assert.match(html, /<a id="own-help" href="mailto:help%40acme%2Etest">Help</, path);
    assert.doesNotMatch(html, />Limen</, path);
  }
  const { html, headers } = await page(op, "/login?page=overview", "de");
  assert.match(html, />Hilfe</);
  assert.match(headers.get("content-security-policy"), /^default-src 'none'; style-src 'self'; img-src 'self' data:; /);
});

test("the heading of the sign-in page is the operator's, in their languages, and never markup", async () => {
  assert.match((await page(op, "/login?page=overview")).html, /<h1>Welcome to Acme<\/h1>/);
  const german = (await page(op, "/login?page=overview", "de")).html;
  assert.match(german, /<h1>Willkommen bei &#60;i&#62;Acme&#60;\/i&#62;<\/h1>/);
  assert.match(german, /<p id="welcome">With the account that you have for your mails\.<\/p>/);
  assert.match((await page(op, "/login?page=overview", "fr")).html, /<h1>Se connecter<\/h1>/);
});

test("the stylesheet has the colors, and its address and its tag change with them", async () => {
  const [own, limens] = [stylesheetOf((await page(op, "/login?page=overview")).html), stylesheetOf((await page(plain, "/login?page=overview")).html)];
  assert.notEqual(own, limens);
  const first = await op.fetch(own);
  const text = await first.text();
  assert.match(text, /--primary: #0b57d0;\n {2}--on-primary: #ffffff;/);
  assert.match(text, /@media \(prefers-color-scheme: dark\) \{\n:root \{\n {2}--lamp: #/);
  const etag = first.headers.get("etag");
  assert.equal(etag, `"${own.split("=")[1]}"`);
  assert.equal(first.headers.get("cache-control"), "public, max-age=31536000");
  assert.equal((await op.fetch(own, { headers: { "if-none-match": etag } })).status, 304);
  assert.equal(await (await op.fetch(own)).text(), text);
  const other = await plain.fetch(limens);
  assert.notEqual(other.headers.get("etag"), etag);
  assert.doesNotMatch(await other.text(), /#0b57d0/);
});

test("an address that names another version is kept for minutes: it may be of the next deployment", async () => {
  const path = stylesheetOf((await page(op, "/login?page=overview")).html);
  for (const other of ["/assets/limen.css?v=00000000", "/assets/limen.css", "/assets/logo?v=0", "/assets/passkey.js?v="]) {
    for (let n = 0; n < 2; n++) {
      const answer = await op.fetch(other);
      await answer.text();
      assert.deepEqual([other, answer.status, answer.headers.get("cache-control")], [other, 200, "public, max-age=300"]);
    }
  }
  assert.equal((await op.fetch(path)).headers.get("cache-control"), "public, max-age=31536000");
});

test("the logo is served by Limen, may be kept for ever, and does nothing when it is opened by itself", async () => {
  const path = (await page(op, "/login?page=overview")).html.match(/src="(\/assets\/logo\?v=[0-9a-f]{8})"/)[1];
  for (let n = 0; n < 2; n++) {
    const logo = await op.fetch(path);
    assert.equal(await logo.text(), SVG);
    const header = (name) => logo.headers.get(name);
    assert.equal(header("content-type"), "image/svg+xml");
    assert.equal(header("content-security-policy"), "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox");
    assert.equal(header("x-content-type-options"), "nosniff");
    assert.equal(header("cache-control"), "public, max-age=31536000");
    assert.equal((await op.fetch(path, { headers: { "if-none-match": header("etag") } })).status, 304);
  }
  const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
  const other = await startLimen({ vars: { BRAND_NAME: "Acme", LOGO: `data:image/png;base64,${png.toString("base64")}` } });
  const picture = await other.fetch("/assets/logo");
  assert.equal(picture.headers.get("content-type"), "image/png");
  assert.deepEqual(Buffer.from(await picture.arrayBuffer()), png);
  const none = await plain.fetch("/assets/logo");
  assert.deepEqual([none.status, none.headers.get("content-type")], [404, "text/html; charset=utf-8"]);
  await none.text();
});

test("neither stylesheet nor logo asks D1 or KV", async () => {
  const timed = await startLimen({ vars: BRAND });
  for (const path of ["/assets/limen.css", "/assets/logo"]) {
    const response = await timed.fetch(path);
    await response.text();
    assert.equal(response.headers.get("server-timing"), 'd1;desc="0", kv;desc="0"', path);
  }
});

test("a look that cannot be is told at start, with what came and what would do", async () => {
  const wrong = await startLimen({ vars: { ACCENT_COLOR: "#ffcc00", LOGO: "https://acme.test/logo.png", PRIVACY_URL: "acme.test" } });
  const answer = await wrong.fetch("/login");
  assert.equal(answer.status, 503);
  const text = await answer.text();
  assert.match(text, /^- ACCENT_COLOR #ffcc00 has a contrast of 1\.1 to 1 with light pages, and buttons need 3 to 1: the nearest shade that has it is #[0-9a-f]{6}\./m);
  assert.match(text, /^- LOGO must be the picture itself/m);
  assert.match(text, /^- LOGO needs BRAND_NAME/m);
  assert.match(text, /^- PRIVACY_URL must be an https URL/m);
});

test("operators are told what is set, and of the logo what it is", async () => {
  const { settings } = await (await op.admin("/admin/api/settings")).json();
  const of = (name) => settings.find((setting) => setting.name === name);
  assert.deepEqual(of("LOGO"), { name: "LOGO", value: `image/svg+xml, ${SVG.length} bytes`, source: "variable", secret: false });
  assert.equal(of("ACCENT_COLOR").value, "#0b57d0");
  assert.equal(of("BRAND_NAME").source, "variable");
  assert.equal(of("PRIVACY_URL").secret, false);
});

test("mails and passkeys know the deployment by its name", async () => {
  const acme = await startLimen({ issuer: "http://localhost:8787", vars: { BRAND_NAME: "Acme", ACCENT_COLOR: "#0b57d0", MAIL: "development" } });
  const sent = await acme.admin("/admin/api/mail/test", { json: { to: "ada@acme.test" } });
  assert.ok(sent.ok, await sent.text());
  const list = await (await acme.fetch("/dev/mail")).text();
  const mail = await (await acme.fetch(list.match(/href="(\/dev\/mail\/[^"]+)"/)[1])).text();
  assert.match(mail, /<title>[^<]*Acme[^<]*<\/title>/);
  assert.match(mail, /border-bottom:3px solid #0b57d0">Acme</);
});
