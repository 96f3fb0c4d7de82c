// What a request costs a warm isolate: CPU of the whole workerd, against a Worker in Rust that does nothing, or that makes as
// many D1 trips, statements, signatures and verifications and nothing else. Both are asked in turn, round by round.
//
//   node tests/bench/requests.mjs [--quick]

import { cpuOf } from "./support/cpu.mjs";
import { actors, kinds } from "./support/kinds.mjs";
import { median } from "./support/numbers.mjs";
import { startLimen, startNothing } from "./support/subjects.mjs";
import { Limen } from "../worker/support/limen.mjs";

const isQuick = process.argv.includes("--quick");
const rounds = isQuick ? 5 : 15;
/** Rounds that do not count: V8 compiles again what is called often, beside the requests, and that is CPU, too. */
const roundsBefore = isQuick ? 2 : 20;
const vars = { REGISTRATION: "token" };

const op = await startLimen({ vars });
const nothing = await startNothing();
const people = await actors(op);
const used = new Map();

const counted = await countTrips();
for (let n = 0; n < roundsBefore; n++) await round(false);
for (let n = 0; n < rounds; n++) await round(true);
await Promise.all([op.stop(), nothing.stop()]);
print();

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
  for (const [name, { times, signatures = 0, verifications = 0, run }] of Object.entries(kinds(people))) {
    const trips = counted[name];
    const idle = trips.length === 0 && signatures === 0;
    const work = `trips=${trips.join(".")}&signatures=${signatures}&verifications=${verifications}`;
    const path = idle ? "/nothing" : `/work?${work}`;
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
