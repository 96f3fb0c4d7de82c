// What other providers take for the same: CPU of the whole server process, all asked in turn, round by round, in one run.
//
//   cargo xtask bench peers [--quick]
//
// Each has signed a person in and is asked nothing of them: pages and passwords are not what is compared. Each stores where it does by itself:
// Limen in D1, the two others on Workers in KV, node-oidc-provider in its own memory, which nothing outlives.

import { median } from "./support/numbers.mjs";
import { cpuOf } from "./support/cpu.mjs";
import {
  startFreshLimen,
  startFreshWorkersOAuthProvider,
  startLimenPeer,
  startNodeOidcProvider,
  startOpenAuth,
  startWorkersOAuthProvider,
} from "./support/peers.mjs";

const quick = process.argv.includes("--quick");
const rounds = quick ? 5 : 15;
const TIMES = 20;

/** What is measured, in the order in which it can be done: a code has to be there before it is redeemed. */
const KINDS = {
  metadata: "the metadata document",
  authorize: "authorize, signed in and allowed",
  redeem: "a code for tokens",
  refresh: "refresh",
  judge: "an access token is judged",
};

/** How the first request of all is asked: each time of a process of its own. */
const FIRST = "first request, metadata";

const peers = [];
for (const start of [startLimenPeer, startOpenAuth, startWorkersOAuthProvider, startNodeOidcProvider]) peers.push(await start());
const used = new Map();
try {
  await round(false);
  for (let n = 0; n < rounds; n++) await round(true);
} finally {
  await Promise.all(peers.map((peer) => peer.stop()));
}
for (let n = 0; n < (quick ? 3 : 9); n++) {
  for (const start of [startFreshLimen, startOpenAuth, startFreshWorkersOAuthProvider, startNodeOidcProvider]) await first(start);
}
print();

async function first(start) {
  const peer = await start();
  try {
    const begin = cpuOf(peer.pid);
    await peer.metadata();
    note(FIRST, peer, cpuOf(peer.pid) - begin);
  } finally {
    await peer.stop();
  }
}

async function round(counts) {
  for (const peer of peers) {
    for (const kind of Object.keys(KINDS).filter((kind) => peer.has(kind))) {
      const begin = cpuOf(peer.pid);
      for (let n = 0; n < TIMES; n++) await peer[kind]();
      if (counts) note(kind, peer, (cpuOf(peer.pid) - begin) / TIMES);
    }
  }
}

function note(kind, peer, milliseconds) {
  const name = `${kind} ${peer.name}`;
  used.set(name, [...(used.get(name) ?? []), milliseconds]);
}

function print() {
  const columns = peers.map((peer) => peer.name.padStart(24)).join("");
  console.log(`\n${"CPU of the server, ms".padEnd(34)}${columns}`);
  for (const [kind, title] of [...Object.entries(KINDS), [FIRST, FIRST]]) {
    const figures = peers.map((peer) => used.get(`${kind} ${peer.name}`)).map((times) => times && median(times));
    const [limen, ...others] = figures;
    const columns = others.map((other) => (other === undefined ? "-" : `${other.toFixed(2)} (${(limen / other).toFixed(2)})`).padStart(24));
    console.log(`${title.padEnd(34)}${limen.toFixed(2).padStart(24)}${columns.join("")}`);
  }
  console.log("\nIn brackets: Limen against it. What each does by then: docs/performance.md.");
}
