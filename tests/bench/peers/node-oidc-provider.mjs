// node-oidc-provider, with its own storage in memory: it prints its port and serves until it is ended.

import { Provider } from "oidc-provider";

const client = {
  client_id: "acme",
  client_secret: "acme-secret",
  redirect_uris: ["https://app.acme.test/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
};
const { privateKey } = await crypto.subtle.generateKey(
  { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  true,
  ["sign"],
);
const key = { ...(await crypto.subtle.exportKey("jwk", privateKey)), use: "sig", kid: "bench" };

const provider = new Provider("http://127.0.0.1", {
  clients: [client],
  jwks: { keys: [key] },
  routes: { authorization: "/authorize" },
  cookies: { keys: ["bench"] },
  features: { devInteractions: { enabled: false }, introspection: { enabled: true } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: "Ada" }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: consented,
  issueRefreshToken: () => true,
});
provider.proxy = true;

/** What a person allowed the client, without having been asked. */
async function consented({ oidc }) {
  const id = oidc.session.grantIdFor(oidc.client.clientId);
  if (id) return provider.Grant.find(id);
  const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope("openid profile offline_access");
  await grant.save();
  return grant;
}

// Signs in whoever comes.
provider.use(async (context, next) => {
  if (!context.path.startsWith("/interaction/")) return next();
  await provider.interactionFinished(context.req, context.res, { login: { accountId: "ada" } });
  context.respond = false;
});

const server = provider.listen(0, "127.0.0.1", () => console.log(server.address().port));
