// Discovery, tokens, and what programs ask with them.

import { ON as CIBA_ON, askingClient, request as askPerson } from "../../backchannel/support.mjs";
import { ON, deviceClient, request } from "../../device/support.mjs";
import { startLimen } from "../../support/limen.mjs";
import { PNG } from "./groups.mjs";
import { clientOverItsAssertions, manyDocuments, otherToken } from "./shared.mjs";

export const PROTOCOL = {
  openidConfiguration: async ({ op, off }) =>
    Promise.all([op, off].map((one) => one.fetch("/.well-known/openid-configuration"))),
  authorizationServerMetadata: async ({ op }) => [await op.fetch("/.well-known/oauth-authorization-server")],
  jwks: async ({ op }) => [await op.fetch("/.well-known/jwks.json")],
  webFinger: async ({ op }) => {
    const near = await startLimen({ vars: { WEBFINGER_DOMAINS: "acme.test" } });
    return [
      await near.fetch("/.well-known/webfinger?resource=acct:ada@acme.test"),
      await near.fetch("/.well-known/webfinger?resource=ada"),
      await op.fetch("/.well-known/webfinger?resource=acct:ada@acme.test"),
    ];
  },
  protectedResource: async ({ op }) => [await op.fetch("/.well-known/oauth-protected-resource")],
  protectedResourceBelow: async ({ op }) => {
    const paths = ["userinfo", "register", "register/x/renew_secret", "admin/api/users", "token"];
    return Promise.all(paths.map((path) => op.fetch(`/.well-known/oauth-protected-resource/${path}`)));
  },
  openapi: async ({ op }) => [await op.fetch("/openapi.json")],
  stylesheet: async ({ op }) => [await op.fetch("/assets/limen.css")],
  appLogo: async ({ op }) => {
    const client = await op.client();
    const { logo } = await (await op.admin(`/admin/api/clients/${client.id}/logo`, { method: "PUT", body: PNG, headers: { "content-type": "image/png" } })).json();
    return [await op.fetch(new URL(logo.url).pathname), await op.fetch("/assets/apps/logo/x")];
  },
  appAccent: async ({ op }) => [await op.fetch("/assets/apps/accent/0b57d0-a8c7fa.css"), await op.fetch("/assets/apps/accent/ffcc00-000000.css")],
  logo: async ({ op, open }) => [await op.fetch("/assets/logo"), await open.fetch("/assets/logo")],
  passkeyScript: async ({ op }) => [await op.fetch("/assets/passkey.js")],
  passkeyEndpoints: async ({ op }) => [
    await op.fetch("/.well-known/passkey-endpoints"),
    await (await startLimen({ vars: { SIGN_IN: "password" } })).fetch("/.well-known/passkey-endpoints"),
  ],
  relatedOrigins: async ({ op }) => [
    await op.fetch("/.well-known/webauthn"),
    await (await startLimen()).fetch("/.well-known/webauthn"),
  ],
  token: async ({ op, client, person, browser }) => {
    const grant = await browser.obtain(client, person);
    const service = await op.serviceClient();
    const limited = await clientOverItsAssertions();
    return [
      await client.redeem(grant),
      await client.redeem(grant),
      await client.post("/token", { grant_type: "password" }),
      await client.post("/token", {}),
      await service.credentials(),
      await service.credentials({ scope: "unheard-of" }),
      await op.fetch("/token", { form: { grant_type: "authorization_code", client_id: "nobody", code: "x" } }),
      await limited.refresh("x"),
    ];
  },
  userinfo: async (stage) => [
    await stage.op.fetch("/userinfo", { bearer: stage.tokens.access_token }),
    await stage.op.fetch("/userinfo", { bearer: await otherToken(stage) }),
    ...(await userinfoInOtherForms(stage)),
  ],
  userinfoByForm: async (stage) => [
    await stage.op.fetch("/userinfo", { form: { access_token: stage.tokens.access_token } }),
    await stage.op.fetch("/userinfo", { form: { access_token: "x" }, bearer: stage.tokens.access_token }),
    await stage.op.fetch("/userinfo", { form: { access_token: await otherToken(stage) } }),
    await stage.op.fetch("/userinfo", { form: { access_token: "x" } }),
  ],
  introspect: async ({ client, tokens }) => [
    await client.post("/introspect", { token: tokens.access_token }),
    await client.post("/introspect", { token: tokens.refresh_token }),
    await client.post("/introspect", { token: "x" }),
    await client.post("/introspect", {}),
    await (await clientOverItsAssertions()).post("/introspect", { token: "x" }),
  ],
  pushAuthorizationRequest: async ({ documents, client }) => [
    ...(await manyDocuments(documents, (path) => documents.fetch("/par", { form: path.split("?")[1] }))),
    await client.post("/par", client.request().params),
    await client.post("/par", client.request({ scope: "nothing" }).params),
  ],
  authorizeDevice: async ({ op, off }) => {
    const client = await deviceClient(op);
    return [
      await request(client),
      await request(client, { scope: "nothing" }),
      await (await clientOverItsAssertions(ON)).post("/device_authorization", {}),
      await off.fetch("/device_authorization", { form: { client_id: client.id } }),
    ];
  },
  authenticateBackchannel: async ({ op, off, person }) => {
    const client = await askingClient(op);
    return [
      await askPerson(client, { login_hint: person.username }),
      await askPerson(client, { login_hint: "nobody" }),
      await (await clientOverItsAssertions(CIBA_ON)).post("/backchannel_authentication", {}),
      await off.fetch("/backchannel_authentication", { form: { client_id: client.id } }),
    ];
  },
  revoke: async ({ op, client, person, browser }) => {
    const answers = [
      await client.post("/revoke", { token: "x", token_type_hint: "access_token" }),
      await client.post("/revoke", {}),
    ];
    const app = await op.publicClient();
    const { access_token: token } = await app.tokens(await browser.obtain(app, person));
    for (let n = 0; n < 400 && answers.at(-1).status !== 429; n++) answers.push(await app.revoke(token));
    return answers;
  },
};

/** What UserInfo answers to clients that want it signed, or encrypted to a key that they do not have. */
async function userinfoInOtherForms({ op, browser, person }) {
  const answers = [];
  for (const metadata of [
    { userinfo_signed_response_alg: "ES256" },
    { userinfo_encrypted_response_alg: "RSA-OAEP", jwks: { keys: [] } },
  ]) {
    const client = await op.client(metadata);
    const { access_token: bearer } = await client.tokens(await browser.obtain(client, person));
    answers.push(await op.fetch("/userinfo", { bearer }));
  }
  return answers;
}
