// Webhooks and the look of the deployment, at the console.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { Receiver, WEBHOOKS, verified } from "../webhooks/support.mjs";
import { operator } from "./support.mjs";

const op = await startLimen({ vars: { BRAND_NAME: "Acme <ID>", ACCENT_COLOR: "#0b57d0", SIGN_IN_HEADING: "Welcome" } });
const owner = await operator(op, "owner");
const csrf = /name="csrf" value="([^"]+)"/.exec((await owner.open("/admin/webhooks")).html)[1];
const send = (path, form) => owner.browser.fetch(path, { form: { csrf, ...form } });
const told = (response) => new URL(response.headers.get("location"), op.issuer).searchParams.get("done").split(".")[0];
const page = (receiver) => `/admin/webhooks/${receiver.id}`;

test("an owner makes a webhook, sees its secret once, and it works", async () => {
  const receiver = new Receiver(op);
  const form = await owner.open("/admin/webhooks");
  const made = await owner.browser.submit(form, "make", { name: "SIEM", url: receiver.url, events: "user_created\nuser_deleted" });
  assert.equal(made.status, 200);
  const [, secret] = /id="secret"><code>(whsec_[\w+/=]+)</.exec(made.html);
  await op.person();
  await receiver.await(1);
  assert.ok(verified(secret, receiver.calls[0]));
  const list = await owner.open("/admin/webhooks");
  assert.ok(list.text.includes("SIEM") && list.text.includes("user_created user_deleted") && !list.html.includes(secret));
  const [{ id, operator_user_id }] = await op.rows("SELECT w.id, a.operator_user_id FROM webhooks w, audit a WHERE a.event = 'webhook_made'");
  assert.equal(operator_user_id, owner.person.id);
  await op.admin(`${WEBHOOKS}/${id}`, { method: "DELETE" });
});

test("what is wrong is explained, and what was typed is there", async () => {
  const form = await owner.open("/admin/webhooks");
  for (const [fields, why] of [
    [{ name: "<b>", url: "https://a.acme.test/" }, /^Name: must/],
    [{ name: "a", url: "http://a.acme.test/" }, /^Address \(https\): must be an https URL/],
    [{ name: "a", url: "https://a.acme.test/", events: "sign_ins" }, /there is no sign_ins/],
  ]) {
    const wrong = await owner.browser.submit(form, "make", fields);
    assert.equal(wrong.status, 400);
    assert.match(wrong.alert, why);
    assert.doesNotMatch(wrong.html, /<b>/);
    assert.equal(wrong.elements("input").find(({ id }) => id === "url").value, fields.url);
  }
});

describe("the page of one", () => {
  test("changes it, but not what somebody else has changed since", async () => {
    const receiver = await Receiver.of(op, ["key_revoked"]);
    const form = await owner.open(page(receiver));
    const saved = await owner.browser.submit(form, "save", { name: "Another", events: "" }, { button: "save" });
    assert.equal(saved.status, 200);
    const read = await receiver.read();
    assert.deepEqual([read.name, read.events], ["Another", null]);
    op.clock.advance({ seconds: 2 });
    await receiver.change({ name: "Of somebody else" });
    const stale = await owner.browser.submit(form, "save", { name: "Mine" }, { button: "save" });
    assert.equal(stale.status, 400);
    assert.match(stale.alert, /was changed since this page was opened/);
    assert.equal((await receiver.read()).name, "Of somebody else");
    await receiver.delete();
  });

  test("tests it, and says why it was not taken", async () => {
    const receiver = await Receiver.of(op, ["key_revoked"]);
    assert.equal(told(await send(page(receiver), { do: "test" })), "webhook_tested");
    op.clock.advance({ seconds: 11 });
    receiver.answer = { status: 500, body: "<script>alert(1)</script>" };
    const failed = await send(page(receiver), { do: "test" });
    const html = await failed.text();
    assert.match(html, /It was not taken: answered with status 500/);
    assert.doesNotMatch(html, /<script>|last delivery was taken/);
    await receiver.delete();
  });

  test("switches it off and on, renews its secret, and deletes it", async () => {
    const receiver = await Receiver.of(op, ["key_revoked"]);
    assert.equal(told(await send(page(receiver), { do: "switch_off" })), "saved");
    assert.equal((await receiver.read()).state, "off");
    assert.equal(told(await send(page(receiver), { do: "switch_on" })), "saved");
    const renewed = await (await send(page(receiver), { do: "renew_secret" })).text();
    assert.match(renewed, /id="secret"><code>whsec_/);
    const again = await (await send(page(receiver), { do: "renew_secret" })).text();
    assert.match(again, /signs until/, "two sign: a third would end the one that the receiver has");
    assert.match(again, /replace it at once by the button for that below/);
    assert.ok(again.includes('value="renew_at_once"') && !again.includes("overlap_seconds"));
    const replaced = await (await send(page(receiver), { do: "renew_at_once" })).text();
    assert.match(replaced, /id="secret"><code>whsec_/);
    const read = await receiver.read();
    assert.equal(read.previous_secret_until, null, "the one that leaked signs nothing any more");
    const unsure = await send(page(receiver), { do: "delete", sure: "no" });
    assert.deepEqual([unsure.status, /nothing was deleted: tick that you are sure/.test(await unsure.text())], [400, true]);
    assert.equal((await owner.browser.fetch(page(receiver))).status, 200);
    assert.equal(told(await send(page(receiver), { do: "delete", sure: "yes" })), "deleted");
    assert.equal((await owner.browser.fetch(page(receiver))).status, 404);
  });

  test("says why it fails, and the overview names it", async () => {
    const receiver = await Receiver.of(op, ["user_created"], { name: "Broken one" });
    receiver.answer = { status: 500, body: "no room" };
    await op.person();
    await receiver.until(({ failures }) => failures === 1);
    await op.rows("UPDATE webhooks SET failing_since = failing_since - 3601 WHERE id = ?", receiver.id);
    const shown = await owner.open(page(receiver));
    assert.ok(shown.text.includes("answered with status 500: no room"));
    assert.match((await owner.open()).text, /Webhooks fail: Broken one/);
    await receiver.delete();
  });
});

describe("who may", () => {
  test("see is who may change the audit's readers; others get 403", async () => {
    const [auditor, people] = [await operator(op, "auditor"), await operator(op, "people")];
    const seen = await auditor.open("/admin/webhooks");
    assert.ok(seen.status === 200 && !seen.html.includes('id="make"'));
    assert.equal((await people.browser.fetch("/admin/webhooks")).status, 403);
    assert.equal((await people.browser.fetch("/admin/look")).status, 403);
    assert.ok(!(await people.open()).html.includes('href="/admin/webhooks"'));
    const form = { csrf: /name="csrf" value="([^"]+)"/.exec((await auditor.browser.open("/account/profile")).html)[1], do: "delete" };
    assert.equal((await auditor.browser.fetch("/admin/webhooks/x", { form })).status, 403);
  });
});

test("the look of the deployment is shown with what makes it so", async () => {
  const shown = await owner.open("/admin/look");
  assert.equal(shown.status, 200);
  assert.ok(shown.html.includes("Acme &#60;ID&#62;") || shown.html.includes("Acme &lt;ID&gt;"));
  assert.match(shown.html, /fill="#0b57d0"/);
  assert.match(shown.text, /contrast of \d+\.\d to 1/);
  assert.ok(shown.text.includes("ACCENT_COLOR") && shown.text.includes("Welcome"));
  assert.ok((await owner.open("/admin/system")).html.includes('href="/admin/look"'));
});

test("apps are offered by their names to those who may see them, for webhooks and in the audit, where there are up to 100", async () => {
  const own = await startLimen();
  const [one, auditor] = [await operator(own, "owner"), await operator(own, "auditor")];
  const wiki = await own.client({ client_name: "<b>Wiki</b>" });
  const fields = { "/admin/webhooks": "client_id", "/admin/audit": "client" };
  const offers = (page) => page.html.includes("<datalist");
  for (const [path, field] of Object.entries(fields)) {
    const page = await one.open(path);
    assert.equal(page.elements("input").find(({ id }) => id === field).list, "apps");
    assert.match(page.html, new RegExp(`<datalist id="apps">\\s*<option value="${wiki.id}">&#60;b&#62;Wiki&#60;/b&#62;</option>`));
    assert.equal(offers(await auditor.open(path)), false);
  }
  const form = await one.open("/admin/webhooks");
  const made = await one.browser.submit(form, "make", { name: "Wiki", url: "https://wiki.acme.test/in", format: "set", client_id: wiki.id });
  assert.ok(made.status === 200 && made.text.includes(wiki.id));
  const found = await one.open(`/admin/audit?client=${wiki.id}`);
  assert.equal(found.elements("input").find(({ id }) => id === "client").value, wiki.id);
  await own.rows("INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT 'many-' || i, 1, '{}', 'none', 1, 1 FROM n");
  for (const [path, field] of Object.entries(fields)) {
    const page = await one.open(path);
    assert.deepEqual([offers(page), page.has(field)], [false, true]);
  }
});
