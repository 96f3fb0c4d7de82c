// What each file of tests needs: a Limen of its own, and a browser.

import { after } from "node:test";

import { startChromium } from "./chromium.mjs";
import { serveLimen } from "./limen.mjs";

/** Starts both, and stops them after the file's tests. */
export async function setStage() {
  const op = await serveLimen();
  const chromium = await startChromium(op);
  after(async () => {
    // In this order: workerd waits for the connections that a browser keeps open.
    await chromium.close();
    await op.stop();
  });
  return { op, chromium };
}
