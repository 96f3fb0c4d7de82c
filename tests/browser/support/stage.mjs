// What each file of tests needs: a Limen of its own, and a browser.

import { after } from "node:test";

import { startChromium } from "./chromium.mjs";
import { serveLimen } from "./limen.mjs";

/** The variables of a deployment where people find every page that needs no wording of its own. */
export const EVERYTHING = {
  SIGNUP: "open",
  MAIL: "development",
  DEVICE_AUTHORIZATION: "on",
  BACKCHANNEL_AUTHENTICATION: "on",
  SIGN_IN: "password passkey mail_code",
};

/** Starts both, Limen with `vars` beside the usual variables, and stops them after the file's tests. */
export async function setStage(vars) {
  const op = await serveLimen(vars);
  const chromium = await startChromium(op);
  after(async () => {
    // In this order: workerd waits for the connections that a browser keeps open.
    await chromium.close();
    await op.stop();
  });
  return { op, chromium };
}
