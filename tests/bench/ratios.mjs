// How long requests take, relative to discovery in the same run: machines differ, ratios hardly do.
//
//   node tests/bench/ratios.mjs [rounds]
//
// Each line is the median of sequential requests against the built Worker in workerd, storage on the local disk.

import { Limen } from "../worker/support/limen.mjs";

const rounds = Number(process.argv[2] ?? 40);

const op = new Limen();
await op.start();

const [client, service, ada, browser] = [
  await op.client(),
  await op.serviceClient({ scope: "notes" }),
  await op.person(),
  op.browser(),
];
await browser.obtain(client, ada);

const grants = await repeat(rounds + 1, () => browser.obtain(client, ada));
const tokens = await client.tokens(grants.pop());
let refreshToken = tokens.refresh_token;

const LINES = {
  "discovery": () => op.fetch("/.well-known/openid-configuration"),
  "JWKS": () => op.fetch("/.well-known/jwks.json"),
  "userinfo": () => op.fetch("/userinfo", { bearer: tokens.access_token }),
  "introspect": () => client.post("/introspect", { token: tokens.access_token }),
  "token: client_credentials": () => service.credentials(),
  "token: refresh": () => refresh(),
  "authorize, signed in and consented": () => browser.fetch(client.authorizePath()),
  "token: code": () => client.redeem(grants.pop()),
  "login page": () => op.browser().fetch(client.authorizePath()),
};

const warm = {};
for (const [what, request] of Object.entries(LINES)) {
  warm[what] = median(await repeat(rounds, () => timed(request)));
}
warm["login with password (argon2id)"] = median(await repeat(Math.min(rounds, 15), () => signIn()));

const cold = [];
for (let n = 0; n < 5; n++) {
  await op.redeploy();
  cold.push(await timed(() => browser.fetch(client.authorizePath())));
}

print("warm isolate", warm, warm.discovery);
print(
  "cold isolate",
  { "authorize, first request": median(cold) },
  warm["authorize, signed in and consented"],
  "hot authorize",
);
await op.stop();

async function refresh() {
  const response = await client.refresh(refreshToken);
  ({ refresh_token: refreshToken } = await response.clone().json());
  return response;
}

async function signIn() {
  const visitor = op.browser();
  const page = await visitor.authorize(client);
  const begin = performance.now();
  const next = await visitor.signIn(page, ada);
  if (next.asksForPassword) throw new Error(`sign-in failed: ${next.text}`);
  return performance.now() - begin;
}

async function timed(request) {
  const begin = performance.now();
  const response = await request();
  await response.arrayBuffer();
  if (response.status >= 400) throw new Error(`${response.status}`);
  return performance.now() - begin;
}

async function repeat(times, work) {
  const results = [];
  for (let n = 0; n < times; n++) results.push(await work());
  return results;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function print(title, lines, unit, unitName = "discovery") {
  console.log(`\n${title.padEnd(38)}${"ms".padStart(8)}${`x ${unitName}`.padStart(18)}`);
  for (const [what, ms] of Object.entries(lines)) {
    console.log(`${what.padEnd(38)}${ms.toFixed(2).padStart(8)}${(ms / unit).toFixed(1).padStart(18)}`);
  }
}
