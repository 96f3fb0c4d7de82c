// Global Token Revocation: draft-parecki-oauth-global-token-revocation-06, subject identifiers of RFC 9493.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { oauthError } from "../support/expect.mjs";
import { startLimen } from "../support/limen.mjs";

const PATH = "/admin/api/global_token_revocation";
const op = await startLimen({ isolates: 2 });
const app = await op.client();
const revoke = (sub_id) => op.admin(PATH, { json: { sub_id } });
async function key(name, ...scopes) {
  const response = await op.admin("/admin/api/api_keys", { json: { name, scopes } });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()).key;
}

/** Somebody who is signed in, with tokens that work. */
async function signedIn() {
  const [person, browser] = [await op.person({ email_verified: true }), op.browser()];
  const grant = await browser.obtain(app, person, { scope: "openid offline_access" });
  return { person, browser, ...(await app.tokens(grant)) };
}

async function hasEnded({ browser, access_token, refresh_token }) {
  assert.equal((await op.fetch("/userinfo", { bearer: access_token })).status, 401);
  await oauthError(await app.refresh(refresh_token), 400, "invalid_grant");
  assert.equal((await browser.authorize(app, { prompt: "none" })).callback.get("error"), "login_required");
}

const works = async ({ refresh_token }) => assert.equal((await app.refresh(refresh_token)).status, 200);

describe("all tokens of a person", () => {
  for (const [format, of] of Object.entries({
    opaque: ({ id }) => ({ id }),
    iss_sub: ({ id }) => ({ iss: op.issuer, sub: id }),
    email: ({ email }) => ({ email }),
  })) {
    test(`end, and nothing comes without a sign-in, by ${format}`, async () => {
      const [ada, bob] = [await signedIn(), await signedIn()];
      const response = await revoke({ format, ...of(ada.person) });
      assert.equal(response.status, 204);
      assert.equal(await response.text(), "");
      await hasEnded(ada);
      await works(bob);
      const { events } = await op.json(`/admin/api/audit?user=${ada.person.id}&event=session_ended`, { bearer: op.adminToken });
      assert.equal(events[0].actor, "operator");
    });
  }

  test("end in the audit, too, where nobody is signed in", async () => {
    const { id } = await op.person();
    assert.equal((await revoke({ format: "opaque", id })).status, 204);
    const { events } = await op.json(`/admin/api/audit?user=${id}&event=session_ended`, { bearer: op.adminToken });
    assert.deepEqual(
      events.map(({ actor, detail }) => [actor, detail]),
      [["operator", { everything: true }]],
    );
  });

  test("do not end where nobody is meant, or it is not said who", async () => {
    const ada = await signedIn();
    const unconfirmed = await op.person({ email_verified: false });
    for (const sub_id of [
      { format: "opaque", id: "nobody" },
      { format: "email", email: "nobody@people.test" },
      { format: "email", email: unconfirmed.email },
      { format: "email", email: `x${ada.person.email}` },
    ]) {
      await oauthError(await revoke(sub_id), 404, "invalid_request");
    }
    for (const sub_id of [undefined, "x", [], {}, { format: "did" }, { format: "opaque" }, { format: "iss_sub", iss: "https://x.example", sub: ada.person.id }]) {
      await oauthError(await revoke(sub_id), 400, "invalid_request");
    }
    await works(ada);
  });

  test("end for a key that may change people alone, and not those of an operator who may do more", async () => {
    const [ada, owner] = [await signedIn(), await signedIn()];
    const roles = await op.admin(`/admin/api/operators/${owner.person.id}`, { method: "PUT", json: { roles: ["owner"] } });
    assert.equal(roles.status, 204);
    const meant = ({ person }) => ({ format: "opaque", id: person.id });
    const [writer, reader] = [await key("Writer", "people:write"), await key("Reader", "people:read", "apps:write")];
    assert.equal((await op.fetch(PATH, { json: { sub_id: meant(ada) }, bearer: reader })).status, 403);
    assert.equal((await op.fetch(PATH, { json: { sub_id: meant(ada) } })).status, 401);
    assert.equal((await op.fetch(PATH, { json: { sub_id: meant(ada) }, bearer: ada.access_token })).status, 401);
    assert.equal((await op.fetch(PATH, { json: { sub_id: meant(owner) }, bearer: writer })).status, 403);
    await works(ada);
    await works(owner);
    assert.equal((await op.fetch(PATH, { json: { sub_id: meant(ada) }, bearer: writer })).status, 204);
  });

  test("end while tokens are made: afterwards nothing lives", async () => {
    for (let round = 0; round < 5; round++) {
      const ada = await signedIn();
      const grant = await ada.browser.obtain(app, ada.person, { scope: "openid offline_access" });
      const [redeemed, refreshed, revoked] = await Promise.all([
        app.redeem(grant, {}, { isolate: round % 2 }),
        app.refresh(ada.refresh_token, {}, { isolate: 1 }),
        revoke({ format: "opaque", id: ada.person.id }),
      ]);
      assert.equal(revoked.status, 204);
      for (const response of [redeemed, refreshed].filter(({ status }) => status === 200)) {
        await hasEnded({ ...ada, ...(await response.json()) });
      }
      await hasEnded(ada);
    }
  });
});
