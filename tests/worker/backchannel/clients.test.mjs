// CIBA through unmodified libraries: openid-client and oauth4webapi, with DPoP and without.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";

import { oauth4webapi, openidClient } from "../support/library.mjs";
import { startLimen } from "../support/limen.mjs";
import { ON, approve, askingClient } from "./support.mjs";

for (const nonces of ["off", "required"]) {
  const op = await startLimen({ vars: { ...ON, DPOP_NONCES: nonces } });
  const ada = await op.person();

  test(`openid-client, nonces ${nonces}: polls until the person has allowed it`, async () => {
    const client = await askingClient(op);
    const config = await openidClient(op, client.id, oidc.ClientSecretBasic(client.secret));
    for (const DPoP of [undefined, oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair())]) {
      const wanted = { scope: "openid email", login_hint: ada.username, binding_message: "W4-7" };
      const asked = await oidc.initiateBackchannelAuthentication(config, wanted);
      const polling = oidc.pollBackchannelAuthenticationGrant(config, { ...asked, interval: 1 }, undefined, { DPoP });
      await approve(op.browser(), ada);
      const given = await polling;
      assert.equal(given.token_type, DPoP ? "dpop" : "bearer");
      const { sub } = given.claims();
      const info = await oidc.fetchUserInfo(config, given.access_token, sub, { DPoP });
      assert.equal(info.email, ada.email);
      assert.ok((await oidc.refreshTokenGrant(config, given.refresh_token, undefined, { DPoP })).access_token);
    }
  });

  test(`oauth4webapi, nonces ${nonces}: refused, pending, allowed`, async () => {
    const { as, hook } = await oauth4webapi(op);
    const { id, secret } = await askingClient(op);
    const client = { client_id: id };
    const authentication = oauth.ClientSecretBasic(secret);
    const ask = (login_hint) =>
      oauth
        .backchannelAuthenticationRequest(as, client, authentication, { scope: "openid email", login_hint }, hook)
        .then((response) => oauth.processBackchannelAuthenticationResponse(as, client, response));
    const poll = ({ auth_req_id }) =>
      oauth
        .backchannelAuthenticationGrantRequest(as, client, authentication, auth_req_id, hook)
        .then((response) => oauth.processBackchannelAuthenticationGrantResponse(as, client, response));
    await assert.rejects(ask("nobody"), { error: "unknown_user_id" });
    const asked = await ask(ada.username);
    await assert.rejects(poll(asked), { error: "authorization_pending" });
    await approve(op.browser(), ada);
    assert.equal(oauth.getValidatedIdTokenClaims(await poll(asked)).sub, ada.id);
  });
}
