// The device grant through unmodified libraries: openid-client and oauth4webapi, with DPoP and without.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as oauth from "oauth4webapi";
import * as oidc from "openid-client";

import { oauth4webapi, openidClient } from "../support/library.mjs";
import { startLimen } from "../support/limen.mjs";
import { ON, approve, deviceClient } from "./support.mjs";

for (const nonces of ["off", "required"]) {
  const op = await startLimen({ vars: { ...ON, DPOP_NONCES: nonces } });
  const ada = await op.person();

  for (const method of ["none", "client_secret_basic"]) {
    test(`openid-client, ${method}, nonces ${nonces}: polls until the person has allowed it`, async () => {
      const client = await deviceClient(op, { token_endpoint_auth_method: method });
      const authentication = method === "none" ? oidc.None() : oidc.ClientSecretBasic(client.secret);
      const config = await openidClient(op, client.id, authentication);
      for (const DPoP of [undefined, oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair())]) {
        const asked = await oidc.initiateDeviceAuthorization(config, { scope: "openid email" });
        const polling = oidc.pollDeviceAuthorizationGrant(config, { ...asked, interval: 1 }, undefined, { DPoP });
        await approve(op.browser(), asked, ada);
        const given = await polling;
        assert.equal(given.token_type, DPoP ? "dpop" : "bearer");
        const { sub } = given.claims();
        const info = await oidc.fetchUserInfo(config, given.access_token, sub, { DPoP });
        assert.equal(info.email, ada.email);
        assert.ok((await oidc.refreshTokenGrant(config, given.refresh_token, undefined, { DPoP })).access_token);
      }
    });
  }

  test(`oauth4webapi, nonces ${nonces}: pending, denied, allowed`, async () => {
    const { as, hook } = await oauth4webapi(op);
    const { id } = await deviceClient(op);
    const client = { client_id: id };
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
    const ask = () =>
      oauth
        .deviceAuthorizationRequest(as, client, oauth.None(), { scope: "openid email" }, hook)
        .then((response) => oauth.processDeviceAuthorizationResponse(as, client, response));
    const poll = ({ device_code }) =>
      oauth
        .deviceCodeGrantRequest(as, client, oauth.None(), device_code, { ...hook, DPoP })
        .then((response) => oauth.processDeviceCodeResponse(as, client, response));
    const retried = (asked) =>
      poll(asked).catch((error) => {
        if (!oauth.isDPoPNonceError(error)) throw error;
        return poll(asked);
      });
    const asked = await ask();
    await assert.rejects(retried(asked), { error: "authorization_pending" });
    await approve(op.browser(), asked, ada);
    const given = await retried(asked);
    assert.equal(given.token_type, "dpop");
    assert.equal(oauth.getValidatedIdTokenClaims(given).sub, ada.id);
  });
}
