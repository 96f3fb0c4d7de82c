// A receiver of webhooks, which checks signatures as the Standard Webhooks specification says.

import assert from "node:assert/strict";
import { createHmac, timingSafeEqual } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";

export const WEBHOOKS = "/admin/api/webhooks";

/** What the specification has a receiver do: the body, if one of the signatures is right. */
export function verified(secret, { headers, body }) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = createHmac("sha256", key).update(content).digest();
  const given = headers["webhook-signature"].split(" ").map((entry) => entry.split(","));
  const right = given.some(([version, text]) => {
    const signature = Buffer.from(text, "base64");
    return version === "v1" && signature.length === expected.length && timingSafeEqual(signature, expected);
  });
  return right ? JSON.parse(body) : undefined;
}

let number = 0;

/** An address, what it was sent, and what it answers. */
export class Receiver {
  calls = [];
  answer = { status: 204 };

  constructor(op) {
    this.op = op;
    this.url = `https://receiver-${(number += 1)}.acme.test/in`;
    op.serve(this.url, async (request) => {
      const call = { headers: Object.fromEntries(request.headers), body: await request.text(), method: request.method };
      this.calls.push(call);
      return typeof this.answer === "function" ? this.answer(call) : this.answer;
    });
  }

  /** The same, with a webhook that is sent these kinds of events. */
  static async of(op, events, more = {}) {
    const receiver = new Receiver(op);
    const json = { name: `Receiver ${number}`, url: receiver.url, events, ...more };
    const made = await op.json(WEBHOOKS, { json, bearer: op.adminToken });
    receiver.id = made.id;
    receiver.secret = made.secret;
    receiver.path = `${WEBHOOKS}/${made.id}`;
    return receiver;
  }

  /** What came, parsed. */
  get events() {
    return this.calls.map((call) => JSON.parse(call.body));
  }

  /** What came, as soon as that is so much, and it is written down how far that was. */
  async await(n) {
    for (let tries = 0; tries < 200 && this.calls.length < n; tries++) await wait(25);
    await this.settled();
    assert.equal(this.calls.length, n);
    return this.events;
  }

  /** Waits until no run has the webhook: one that is still under way when the clock jumps loses it. */
  async settled() {
    const held = () => this.op.rows("SELECT id FROM webhooks WHERE id = ? AND lease IS NOT NULL", this.id ?? "");
    for (let tries = 0; tries < 200 && (await held()).length; tries++) await wait(25);
  }

  /** The webhook, as an operator sees it. */
  read() {
    return this.op.json(this.path, { bearer: this.op.adminToken });
  }

  /** The webhook, as soon as that holds for it: what came of an attempt is written down after it. */
  async until(holds) {
    for (let tries = 0; tries < 200; tries++) {
      const read = await this.read();
      if (holds(read)) {
        await this.settled();
        return read;
      }
      await wait(25);
    }
    assert.fail(`it did not come about: ${JSON.stringify(await this.read())}`);
  }

  change(json) {
    return this.op.json(this.path, { method: "PATCH", json, bearer: this.op.adminToken });
  }

  delete() {
    return this.op.admin(this.path, { method: "DELETE" });
  }
}
