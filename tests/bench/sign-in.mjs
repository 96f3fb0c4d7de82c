// What signing in costs a warm isolate: CPU of the whole workerd for the one request that ends it. The free plan gives a request
// 10 ms; what the database of this machine needs is in the figure here, and not in that limit.
//
//   node tests/bench/sign-in.mjs [--quick]

import { cpuOf } from "./support/cpu.mjs";
import { median } from "./support/numbers.mjs";
import { startLimen, startNothing } from "./support/subjects.mjs";
import { Authenticator, optionsOf, withPasskey } from "../worker/support/authenticator.mjs";

const people = process.argv.includes("--quick") ? 6 : 15;
const op = await startLimen();
const nothing = await startNothing();
const client = await op.client();
const used = {};

for (let n = 0; n < people; n++) {
  const person = await op.person();
  const { authenticator } = await withPasskey(op, person, new Authenticator(op));
  await signIn("a passkey", (page) => ({ ...fieldsOf(page, "passkey"), passkey: authenticator.get(optionsOf(page)) }));
  await signIn("a password", (page) => ({ ...fieldsOf(page, "password"), username: person.username, password: person.password }));
  // Three trips, as a passkey makes them: what it shows, its person, and what is written.
  await measured("nothing (Rust), with 3 trips", nothing, () => nothing.fetch("/work?trips=rw.r.wwwwww"));
}
await Promise.all([op.stop(), nothing.stop()]);

console.log(`\n${"Signing in with".padEnd(34)}${"CPU ms".padStart(8)}`);
for (const [name, all] of Object.entries(used)) console.log(`${name.padEnd(34)}${median(all).toFixed(1).padStart(8)}`);

async function signIn(name, fields) {
  const browser = op.browser();
  const form = fields(await browser.authorize(client));
  const response = await measured(name, op, () => browser.fetch("/login", { form }));
  if (!(await browser.sessionCookie())) throw new Error(`${name}: ${response.status}`);
}

async function measured(name, subject, send) {
  const begin = cpuOf(subject.pid);
  const response = await send();
  await response.arrayBuffer();
  (used[name] ??= []).push(cpuOf(subject.pid) - begin);
  return response;
}

function fieldsOf(page, form) {
  const controls = page.form(form).controls.filter(({ name }) => name && name !== "cancel");
  return Object.fromEntries(controls.map(({ name, value }) => [name, value ?? ""]));
}
