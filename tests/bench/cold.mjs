// The first request of a fresh workerd: CPU of the whole process and time until the answer is there, against Workers that do
// nothing. The kinds are asked in turn, each of a process of its own.
//
//   node tests/bench/cold.mjs [--quick]

import { cpuOf } from "./support/cpu.mjs";
import { startLimen, startNothing } from "./support/subjects.mjs";

const processes = process.argv.includes("--quick") ? 5 : 11;
const AUTHORIZE =
  "/authorize?client_id=CLIENT&redirect_uri=https%3A%2F%2Fapp.acme.test%2Fcallback&response_type=code&scope=openid" +
  "&state=x&nonce=y&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

const KINDS = {
  "nothing (JavaScript)": [() => startNothing("javascript"), "/nothing"],
  "nothing (Rust)": [() => startNothing(), "/nothing"],
  "stylesheet": [startLimen, "/assets/limen.css"],
  "discovery": [startLimen, "/.well-known/openid-configuration"],
  "authorize, to the sign-in page": [startWithClient, AUTHORIZE],
};

const samples = Object.fromEntries(Object.keys(KINDS).map((name) => [name, []]));
for (let n = 0; n < processes; n++) {
  for (const [name, [start, path]] of Object.entries(KINDS)) samples[name].push(await first(start, path, name));
}

const unit = samples["nothing (Rust)"];
const head = `${"The first request".padEnd(34)}${"CPU ms".padStart(8)}${"ratio".padStart(7)}${"wall ms".padStart(9)}${"ratio".padStart(7)}`;
console.log(`\n${head}`);
for (const [name, all] of Object.entries(samples)) {
  const figures = ["cpu", "wall"].map((what) => {
    const [ours, theirs] = [middle(all, what), middle(unit, what)];
    return `${ours.toFixed(1).padStart(what === "cpu" ? 8 : 9)}${(ours / theirs).toFixed(2).padStart(7)}`;
  });
  console.log(`${name.padEnd(34)}${figures.join("")}`);
}

async function first(start, path, name) {
  const subject = await start();
  try {
    // Whatever the start leaves to be done is done by then.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [cpu, wall] = [cpuOf(subject.pid), performance.now()];
    const response = await subject.fetch(path.replace("CLIENT", subject.clientId));
    await response.arrayBuffer();
    if (response.status >= 400) throw new Error(`${name}: ${response.status}`);
    return { wall: performance.now() - wall, cpu: cpuOf(subject.pid) - cpu };
  } finally {
    await subject.stop();
  }
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
  return Object.assign(op, { clientId: "acme" });
}

function middle(all, what) {
  const numbers = all.map((one) => one[what]).sort((a, b) => a - b);
  return numbers[Math.floor(numbers.length / 2)];
}
