// What a request costs a warm isolate where there are few people, and where there are many: CPU of the whole workerd, the database in
// it. Both are asked in turn, round by round. The database of many takes a gigabyte of disk while this runs.
//
//   node tests/bench/growth.mjs [--quick]

import { statements } from "./fill.mjs";
import { cpuOf } from "./support/cpu.mjs";
import { actors, kinds } from "./support/kinds.mjs";
import { median } from "./support/numbers.mjs";
import { startLimen } from "./support/subjects.mjs";

const quick = process.argv.includes("--quick");
const rounds = quick ? 5 : 15;
const FEW = 1_000;
const MANY = quick ? 100_000 : 1_000_000;

const subjects = [];
for (const people of [FEW, MANY]) subjects.push({ people, used: new Map(), ...(await limenWith(people)) });

for (const { cast } of subjects) await round(cast);
for (let n = 0; n < rounds; n++) {
  for (const { cast, op, used } of subjects) {
    await round(cast, (name, times, work) => measure(name, times, work, op, used));
  }
}
await Promise.all(subjects.map(({ op }) => op.stop()));
print();

/** A Limen with so many people, and those who act there. */
async function limenWith(people) {
  const op = await startLimen({ vars: { REGISTRATION: "token" } });
  for (const { table, rows, sql } of statements(people)) {
    await op.db.prepare(sql).bind(rows).run();
    console.log(`${people} people, ${table}: ${rows} rows`);
  }
  return { op, cast: await actors(op) };
}

async function round(cast, around = (name, times, work) => work()) {
  for (const [name, { times, run }] of Object.entries(kinds(cast))) {
    await around(name, times, async () => {
      for (let n = 0; n < times; n++) {
        const response = await run();
        if (!response.bodyUsed) await response.arrayBuffer();
        if (response.status >= 400) throw new Error(`${name}: ${response.status}`);
      }
    });
  }
}

async function measure(name, times, work, op, used) {
  const begin = cpuOf(op.pid);
  await work();
  const all = used.get(name) ?? [];
  used.set(name, all);
  all.push((cpuOf(op.pid) - begin) / times);
}

function print() {
  const [few, many] = subjects;
  const column = (text) => String(text).padStart(12);
  console.log(`\n${"CPU of a warm isolate, ms".padEnd(34)}${column(few.people)}${column(many.people)}${column("ratio")}`);
  for (const [name, values] of few.used) {
    const [a, b] = [median(values), median(many.used.get(name))];
    console.log(`${name.padEnd(34)}${column(a.toFixed(3))}${column(b.toFixed(3))}${column((b / a).toFixed(2))}`);
  }
}
