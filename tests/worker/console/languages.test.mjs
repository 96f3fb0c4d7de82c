// What is wrong with a form of the console is said in the language of its page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startLimen } from "../support/limen.mjs";
import { operator } from "./support.mjs";

const op = await startLimen();
const owner = await operator(op, "owner");

const open = (path, language) => owner.browser.open(path, { headers: { "accept-language": language } });
const submit = (page, button, fields, language) =>
  owner.browser.submit(page, button, fields, { button, headers: { "accept-language": language } });

test("ordinary mistakes are told in German, also what the database found", async () => {
  const ada = await op.person();
  const { id: group } = await op.json("/admin/api/groups", { json: { name: "Staff" }, bearer: op.adminToken });
  const client = await op.client();
  for (const [path, button, fields, why] of [
    ["/admin/people/new", "make", { username: ada.username }, /^Diesen Benutzernamen oder diese E-Mail-Adresse gibt es schon\./],
    ["/admin/people/new", "make", { username: "a", email: "ada" }, /^E-Mail: Das ist keine E-Mail-Adresse\./],
    ["/admin/groups", "make", { name: "STAFF" }, /^Der Name ist vergeben/],
    ["/admin/groups", "make", { name: "" }, /^Name: Möglich sind 1 bis 100 Buchstaben/],
    [`/admin/groups/${group}`, "delete", {}, /^Es wurde nichts gelöscht\. Setzen Sie ein Häkchen/],
    [`/admin/apps/${client.id}`, "delete", {}, /^Es wurde nichts gelöscht/],
    [`/admin/apps/${client.id}`, "save", { redirect_uris: "https://a.acme.test/", roles_claim: "Sub" }, /^Claim für Rollen: Sub ist vergeben/],
    [`/admin/groups/${group}`, "add", { login: "nobody" }, /^Niemand hat diesen Benutzernamen/],
    ["/admin/apps/new", "make", { kind: "web", client_name: "A", redirect_uris: "http://a.acme.test/" }, /^Rücksprungadressen: Die Adressen müssen mit https beginnen\./],
    ["/admin/apps/new", "make", { kind: "web", client_name: "A", redirect_uris: "" }, /^Rücksprungadressen: Geben Sie mindestens eine Adresse ein\./],
    [`/admin/apps/${client.id}`, "save", { redirect_uris: "https://a.acme.test/", access_token_lifetime: "5" }, /Jede Lebensdauer muss mindestens 60 Sekunden/],
    [`/admin/apps/${client.id}/look`, "save", { accent_color: "#ffcc00" }, /^Farbe: #ffcc00 hat mit hellen Seiten einen Kontrast von 1\.1 zu 1/],
    ["/admin/apis/new", "save", { identifier: "files", name: "A" }, /^Kennung: Geben Sie eine absolute URI/],
    ["/admin/apis/new", "save", { identifier: "https://a.acme.test", name: "A", scopes: "a A\na B" }, /: Ein Scope steht zweimal da: a$/],
    ["/admin/webhooks", "make", { name: "a", url: "http://a.acme.test/" }, /^Adresse \(https\): Die Adresse muss mit https:\/\/ beginnen\.$/],
    ["/admin/webhooks", "make", { name: "a", url: "https://a.acme.test/", events: "sign_ins" }, /^Ereignisse: Das Protokoll kennt kein Ereignis sign_ins\.$/],
    ["/admin/system", "make-key", { name: "CI", days: "0" }, /Geben Sie eine ganze Zahl von 1 bis 3650 ein\.$/],
  ]) {
    const wrong = await submit(await open(path, "de"), button, fields, "de");
    assert.equal(wrong.status, 400, `${path} ${why}`);
    assert.match(wrong.alert, why);
    assert.doesNotMatch(wrong.html, /id="problem".*lang="en"/);
  }
});

test("each language has its words, and English keeps those of the admin API", async () => {
  for (const [language, why] of [
    ["fr", /^Nom\s?: Utilisez 1 à 100 lettres/],
    ["es", /^Nombre: Use de 1 a 100 letras/],
    ["en", /^Name: must be 1 to 100 letters/],
  ]) {
    const wrong = await submit(await open("/admin/groups", language), "make", { name: "a,b" }, language);
    assert.match(wrong.alert, why);
    assert.equal(/id="problem".*lang="en"/.test(wrong.html), language === "en");
  }
});

test("a page that cannot be shown says why in the language of the browser, and leads back to the console or the account", async () => {
  for (const [path, status, why, start] of [
    ["/admin/nothing", 404, /vielleicht gelöscht/, "/admin"],
    ["/admin/groups/nothing", 404, /vielleicht gelöscht/, "/admin"],
    ["/admin/people?after=x", 400, /kennt diese Seite so nicht/, "/admin"],
    ["/admin/people?x=1", 400, /x is no parameter here/, "/admin"],
    ["/account/nothing", 404, /vielleicht gelöscht/, "/account"],
  ]) {
    const page = await open(path, "de");
    assert.equal(page.status, status, path);
    assert.match(page.text, why, path);
    assert.match(page.html, new RegExp(`id="way-on" href="${start}"`), path);
    assert.doesNotMatch(page.text, /zurück zur App|App, die Sie/, path);
  }
  const wrong = await owner.browser.fetch("/admin/people", { method: "PUT" });
  const html = await wrong.text();
  assert.deepEqual([wrong.status, /the method is not allowed here/.test(html), /id="way-on" href="\/admin"/.test(html)], [405, true, true]);
  const elsewhere = await open("/nothing", "de");
  assert.match(elsewhere.text, /zurück zur App/);
});

test("what somebody else has changed is told in German", async () => {
  const { id } = await op.json("/admin/api/groups", { json: { name: "Late" }, bearer: op.adminToken });
  const page = await open(`/admin/groups/${id}`, "de");
  await op.admin(`/admin/api/groups/${id}`, { method: "PATCH", json: { second_factor_required: true } });
  const late = await submit(page, "save", { name: "Later" }, "de");
  assert.match(late.alert, /^Das wurde geändert, seit Sie diese Seite geöffnet haben\./);
});
