// The first request of a fresh workerd: CPU of the whole process and time until the answer is there, against Workers that do
// nothing. The kinds are asked in turn, each of a process of its own.
//
// KV and D1 are Workers of their own in the same process, which start when they are asked first. So what asks them is also
// compared with a Worker that asks them alike and does nothing else.
//
//   node tests/bench/cold.mjs [--quick]

import { cpuOf } from "./support/cpu.mjs";
import { median } from "./support/numbers.mjs";
import { startAgain, startLimen, startNothing } from "./support/subjects.mjs";

const processes = process.argv.includes("--quick") ? 5 : 11;
const AUTHORIZE =
  "/authorize?client_id=acme&redirect_uri=https%3A%2F%2Fapp.acme.test%2Fcallback&response_type=code&scope=openid" +
  "&state=x&nonce=y&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

/** What is started, what is asked of it, and what of the others does as much. */
const KINDS = {
  "nothing (JavaScript)": [() => startNothing("javascript"), "/nothing"],
  "nothing (Rust)": [() => startNothing(), "/nothing"],
  "nothing, a KV read": [() => startNothing(), "/work?kv=g"],
  "nothing, KV read, D1 trip, KV put": [() => startNothing(), "/work?kv=gp&trips=r"],
  "stylesheet": [startWithoutTables, "/assets/limen.css"],
  "discovery": [startWithoutTables, "/.well-known/openid-configuration"],
  "authorize, client in KV": [startKnowingClient, AUTHORIZE, "nothing, a KV read"],
  "authorize, client in D1 alone": [startWithClient, AUTHORIZE, "nothing, KV read, D1 trip, KV put"],
};

const UNIT = "nothing (Rust)";
const samples = Object.fromEntries(Object.keys(KINDS).map((name) => [name, []]));
for (let n = 0; n < processes; n++) {
  for (const [name, [start, path]] of Object.entries(KINDS)) samples[name].push(await first(start, path, name));
}

const columns = ["start ms", "CPU ms", "ratio", "alike", "wall ms", "ratio"].map((title) => title.padStart(9)).join("");
console.log(`\n${"The first request".padEnd(34)}${columns}`);
for (const [name, [, , alike]] of Object.entries(KINDS)) {
  const of = (who, what) => median(samples[who].map((one) => one[what]));
  const ratio = (who, what) => (of(name, what) / of(who, what)).toFixed(2);
  const figures = [
    of(name, "start").toFixed(1),
    of(name, "cpu").toFixed(1),
    ratio(UNIT, "cpu"),
    alike ? ratio(alike, "cpu") : "",
    of(name, "wall").toFixed(1),
    ratio(UNIT, "wall"),
  ];
  console.log(`${name.padEnd(34)}${figures.map((figure) => figure.padStart(9)).join("")}`);
}

async function first(start, path, name) {
  const subject = await start();
  try {
    // Whatever the start leaves to be done is done by then.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [begin, wall] = [cpuOf(subject.pid), performance.now()];
    const response = await subject.fetch(path);
    await response.arrayBuffer();
    if (response.status >= 400) throw new Error(`${name}: ${response.status}`);
    return { start: begin, wall: performance.now() - wall, cpu: cpuOf(subject.pid) - begin };
  } finally {
    await subject.stop();
  }
}

/** Limen whose database nobody has asked anything yet: so what its start takes compares with that of nothing. */
function startWithoutTables() {
  return startLimen({ migrate: false });
}

/** Limen with a client in its database, put there without a request. */
async function startWithClient() {
  const op = await startLimen();
  const metadata = {
    client_name: "Acme Notes",
    redirect_uris: ["https://app.acme.test/callback"],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    application_type: "web",
    scope: "openid",
  };
  await op.db
    .prepare("INSERT INTO clients (id, version, metadata, auth_method, issued_at, updated_at) VALUES ('acme', 1, ?, 'none', 0, 0)")
    .bind(JSON.stringify(metadata))
    .run();
  return op;
}

/** The same, with a copy of the client in KV, in a process that has not read it. */
async function startKnowingClient() {
  const op = await startWithClient();
  await op.fetch(AUTHORIZE);
  for (let n = 0; (await op.kv.list()).keys.length === 0; n++) {
    if (n > 100) throw new Error("the client is not in KV");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return startAgain(op);
}
