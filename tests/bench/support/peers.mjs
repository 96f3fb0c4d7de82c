// Other providers, and Limen beside them, as the benchmark `peers` asks them. Each has the same requests by the same names.

import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";

import { buildSync } from "esbuild";
import { Miniflare } from "miniflare";

import { actors } from "./kinds.mjs";
import { startLimen, withProcess } from "./subjects.mjs";
import { compatibility } from "../../worker/support/bundle.mjs";

const PEERS = fileURLToPath(new URL("../peers/", import.meta.url));
const REDIRECT_URI = "https://app.acme.test/callback";

/** An app's side of a provider: requests with PKCE, codes and tokens that wait to be used, cookies of its one browser. */
class Peer {
  #cookies = new Map();
  #codes = [];
  #refreshing = [];
  #accessToken;

  /**
   * `ask` sends a request to a path; `paths` are those of `metadata`, `token` and `judge`, which may be missing; `scope` is what is
   * asked for, `client` the app's id and maybe its secret.
   */
  constructor({ name, pid, stop, ...about }) {
    Object.assign(this, { name, pid, stop, about });
  }

  /** Whether it has that kind of request. */
  has(kind) {
    return kind !== "judge" || this.about.paths.judge !== undefined;
  }

  async metadata() {
    const answer = await this.#get(this.about.paths.metadata);
    await answer.json();
  }

  /** From the authorization request to the code, over all redirects of the provider's own. */
  async authorize() {
    const verifier = randomBytes(32).toString("base64url");
    const { client, scope } = this.about;
    const request = new URLSearchParams({
      client_id: client.id,
      redirect_uri: REDIRECT_URI,
      response_type: "code",
      state: "state",
      nonce: "nonce",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      ...(scope && { scope }),
    });
    let next = `/authorize?${request}`;
    for (let hops = 0; !next.startsWith(REDIRECT_URI); hops++) {
      if (hops > 6) throw new Error(`${this.name} leads to no code, but to ${next}`);
      const answer = await this.#get(next, { redirect: "manual" });
      const text = await answer.text();
      const location = answer.headers.get("location");
      if (!location) throw new Error(`${this.name}: ${next}: ${answer.status} ${text.slice(0, 300)}`);
      const { href, pathname, search } = new URL(location, "https://peer.test");
      next = href.startsWith(REDIRECT_URI) ? href : pathname + search;
    }
    const code = new URL(next).searchParams.get("code");
    if (!code) throw new Error(`${this.name} gives no code: ${next}`);
    this.#codes.push({ code, verifier });
  }

  async redeem() {
    const { code, verifier } = this.#codes.pop();
    this.#keep(await this.#token({ grant_type: "authorization_code", code, redirect_uri: REDIRECT_URI, code_verifier: verifier }));
  }

  async refresh() {
    await this.#token({ grant_type: "refresh_token", refresh_token: this.#refreshing.pop() });
  }

  /** What asks for the access token to be judged: UserInfo, or an API. */
  async judge() {
    const answer = await this.#get(this.about.paths.judge, { headers: { authorization: `Bearer ${this.#accessToken}` } });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`${this.name}: ${answer.status} ${said}`);
  }

  #keep(tokens) {
    this.#refreshing.push(tokens.refresh_token);
    this.#accessToken = tokens.access_token;
  }

  async #token(form) {
    const { ask, client, paths } = this.about;
    const secret = client.secret && `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}`;
    const answer = await ask(paths.token, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...(secret && { authorization: secret }) },
      body: new URLSearchParams(secret ? form : { ...form, client_id: client.id }).toString(),
    });
    const tokens = await answer.json();
    if (!answer.ok) throw new Error(`${this.name}: ${form.grant_type}: ${JSON.stringify(tokens)}`);
    return tokens;
  }

  async #get(path, { headers, ...init } = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await this.about.ask(path, { ...init, headers: { ...headers, ...(cookie && { cookie }) } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return answer;
  }

  /** Cookies of a browser that has signed in elsewhere. */
  takeCookies(cookies) {
    for (const [name, value] of cookies) this.#cookies.set(name, value);
  }
}

/** Limen as it is deployed, with a person who has signed in and allowed the app. */
export async function startLimenPeer() {
  const op = await startLimen({ vars: { REGISTRATION: "token" } });
  const { client, browser } = await actors(op);
  const cookies = await browser.jar.getCookies(op.issuer);
  const peer = new Peer({
    name: "Limen",
    pid: op.pid,
    ask: (path, init) => op.fetch(path, init),
    paths: { metadata: "/.well-known/openid-configuration", token: "/token", judge: "/userinfo" },
    scope: "openid profile email",
    client,
    stop: () => op.stop(),
  });
  peer.takeCookies(cookies.map(({ key, value }) => [key, value]));
  return peer;
}

/** Limen that nobody has asked anything yet. */
export async function startFreshLimen() {
  const op = await startLimen();
  const ask = (path, init) => op.fetch(path, init);
  return new Peer({ name: "Limen", pid: op.pid, ask, paths: { metadata: "/.well-known/openid-configuration" }, stop: () => op.stop() });
}

export async function startOpenAuth() {
  return new Peer({
    name: "OpenAuth",
    ...(await startWorker("openauth")),
    paths: { metadata: "/.well-known/oauth-authorization-server", token: "/token" },
    client: { id: "acme" },
  });
}

export async function startWorkersOAuthProvider() {
  const peer = await startFreshWorkersOAuthProvider();
  const made = await (await peer.about.ask("/client")).json();
  peer.about.client = { id: made.client_id, secret: made.client_secret };
  return peer;
}

/** The same, without a client. */
export async function startFreshWorkersOAuthProvider() {
  return new Peer({
    name: "workers-oauth-provider",
    ...(await startWorker("workers-oauth-provider")),
    paths: { metadata: "/.well-known/oauth-authorization-server", token: "/token", judge: "/api" },
    scope: "notes offline_access",
  });
}

export async function startNodeOidcProvider() {
  const process = spawn("node", [`${PEERS}node-oidc-provider.mjs`], { stdio: ["ignore", "pipe", "ignore"] });
  const port = await new Promise((resolve, reject) => {
    process.stdout.once("data", (text) => resolve(Number(text)));
    process.once("exit", (code) => reject(new Error(`node-oidc-provider ended: ${code}`)));
  });
  return new Peer({
    name: "node-oidc-provider",
    pid: process.pid,
    ask: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    paths: { metadata: "/.well-known/openid-configuration", token: "/token", judge: "/me" },
    scope: "openid profile offline_access",
    client: { id: "acme", secret: "acme-secret" },
    stop: () => process.kill(),
  });
}

/** A Worker of tests/bench/peers/, in a workerd of its own with a KV of its own. */
function startWorker(name) {
  const built = buildSync({
    entryPoints: [`${PEERS}${name}.mjs`],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import"],
    external: ["cloudflare:workers", "node:*"],
  });
  const { date } = compatibility();
  return withProcess(async () => {
    const miniflare = new Miniflare({
      cf: false,
      // OpenAuth writes a line for each request.
      handleStructuredLogs: () => {},
      workers: [
        {
          config: {
            name,
            compatibilityDate: date,
            compatibilityFlags: ["nodejs_compat", "global_fetch_strictly_public"],
            manifest: { modulesRoot: "/", mainModule: "index.mjs", modules: { "index.mjs": { type: "esm", contents: built.outputFiles[0].text } } },
            env: { KV: { type: "kv", id: name }, OAUTH_KV: { type: "kv", id: name } },
            exports: {},
          },
          dev: { unsafeDirectSockets: [{}] },
        },
      ],
    });
    await miniflare.ready;
    const origin = await miniflare.unsafeGetDirectURL(name);
    return { ask: (path, init) => fetch(new URL(path, origin), init), stop: () => miniflare.dispose() };
  });
}
