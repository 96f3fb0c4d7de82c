// What a request costs a warm isolate: CPU of the whole workerd, against a Worker in Rust that does nothing, or that makes as
// many D1 trips, statements and signatures and nothing else. Both are asked in turn, round by round.
//
//   node tests/bench/requests.mjs [--quick]

import { cpuOf } from "./support/cpu.mjs";
import { startLimen, startNothing } from "./support/subjects.mjs";
import { Limen } from "../worker/support/limen.mjs";

const rounds = process.argv.includes("--quick") ? 5 : 15;
const vars = { REGISTRATION: "token" };

/** Requests of a kind in a round: enough to be seen, few enough to be done. */
const MANY = 120;
const SOME = 20;

const op = await startLimen({ vars });
const nothing = await startNothing();
const people = await actors(op);
const used = new Map();

const counted = await countTrips();
await round(false);
for (let n = 0; n < rounds; n++) await round(true);
await Promise.all([op.stop(), nothing.stop()]);
print();

/** A client, a service, a person and a signed-in browser. */
async function actors(op) {
  const [client, service, person, browser] = [
    await op.client(),
    await op.serviceClient({ scope: "notes" }),
    await op.person(),
    op.browser(),
  ];
  const tokens = await client.tokens(await browser.obtain(client, person));
  return { op, client, service, person, browser, tokens };
}

/** What is measured, in the order in which it can be done: a code has to be there before it is redeemed. */
function kinds({ op, client, service, browser, tokens }) {
  const codes = [];
  const refreshing = [];
  const visitors = [];
  // A person has a hundred lines of tokens at an app, so the first ones end after a while.
  let accessToken = tokens.access_token;
  const page = (response) => response.headers.get("location");
  return {
    "discovery": { times: MANY, run: () => op.fetch("/.well-known/openid-configuration") },
    "JWKS": { times: MANY, run: () => op.fetch("/.well-known/jwks.json") },
    "authorize, to the sign-in page": {
      times: SOME,
      run: async () => {
        const visitor = op.browser();
        const response = await visitor.fetch(client.authorizePath());
        visitors.push([visitor, page(response)]);
        return response;
      },
    },
    "the sign-in page": {
      times: SOME,
      run: () => {
        const [visitor, path] = visitors.pop();
        return visitor.fetch(path);
      },
    },
    "authorize, signed in": {
      times: SOME,
      // The code of its answer signs nothing.
      run: async () => {
        const request = client.request();
        const response = await browser.fetch(`/authorize?${new URLSearchParams(request.params)}`);
        const code = new URL(page(response)).searchParams.get("code");
        codes.push({ code, redirectUri: client.redirectUri, verifier: request.verifier });
        return response;
      },
    },
    "token: code": {
      times: SOME,
      signatures: 2,
      run: async () => {
        const response = await client.redeem(codes.pop());
        const answer = await response.clone().json();
        refreshing.push(answer.refresh_token);
        accessToken = answer.access_token;
        return response;
      },
    },
    "token: refresh": {
      times: SOME,
      signatures: 2,
      run: () => client.refresh(refreshing.pop()),
    },
    "token: client_credentials": { times: SOME, signatures: 1, run: () => service.credentials() },
    "userinfo": { times: SOME, run: () => op.fetch("/userinfo", { bearer: accessToken }) },
    "introspect": { times: SOME, run: () => client.post("/introspect", { token: accessToken }) },
  };
}

/** The D1 trips of each kind, as its statements that read and write, from a Limen inside the shell of the tests. */
async function countTrips() {
  const watched = new Limen({ vars });
  await watched.start();
  const trips = {};
  try {
    const all = kinds(await actors(watched));
    for (const [name, { run }] of Object.entries(all)) {
      const plain = watched.fetch;
      let seen;
      watched.fetch = async (path, init) => {
        seen = await plain.call(watched, path, { ...init, measure: true });
        return seen;
      };
      // What a first request leaves behind in KV is there for the second.
      if (name !== "the sign-in page" && !name.startsWith("token: code") && name !== "token: refresh") await run();
      await run();
      watched.fetch = plain;
      trips[name] = JSON.parse(seen.headers.get("x-limen-test-trips"));
    }
  } finally {
    await watched.stop();
  }
  return trips;
}

async function round(counts) {
  for (const [name, { times, signatures = 0, run }] of Object.entries(kinds(people))) {
    const trips = counted[name];
    const idle = trips.length === 0 && signatures === 0;
    const path = idle ? "/nothing" : `/work?trips=${trips.join(".")}&signatures=${signatures}`;
    await block(name, "limen", op, times, run, counts);
    await block(name, "nothing", nothing, times, () => nothing.fetch(path), counts);
  }
}

async function block(name, who, subject, times, run, counts) {
  const begin = cpuOf(subject.pid);
  for (let n = 0; n < times; n++) {
    const response = await run();
    if (!response.bodyUsed) await response.arrayBuffer();
    if (response.status >= 400) throw new Error(`${name}: ${response.status}`);
  }
  if (!counts) return;
  const entry = used.get(name) ?? { limen: [], nothing: [] };
  entry[who].push((cpuOf(subject.pid) - begin) / times);
  used.set(name, entry);
}

function print() {
  const head = `${"CPU of a warm isolate, ms".padEnd(34)}${"Limen".padStart(8)}${"nothing".padStart(9)}${"ratio".padStart(7)}`;
  console.log(`\n${head}   D1 trips (r: reads, w: writes)`);
  for (const [name, { limen, nothing }] of used) {
    const [ours, theirs] = [median(limen), median(nothing)];
    const numbers = `${ours.toFixed(3).padStart(8)}${theirs.toFixed(3).padStart(9)}${(ours / theirs).toFixed(2).padStart(7)}`;
    console.log(`${name.padEnd(34)}${numbers}   ${counted[name].join(" ") || "-"}`);
  }
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
