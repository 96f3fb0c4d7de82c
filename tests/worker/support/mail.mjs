// Mails that Limen sends: a provider that takes them, and what it was given.

import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

import { Log, LogLevel } from "miniflare";

/** Settings of a deployment that sends mails by the API of Resend. It tells people of new passwords alone, so that the mails of other tests are few. */
export const MAIL_VARS = {
  MAIL: "resend",
  MAIL_FROM: "Acme <id@acme.test>",
  MAIL_API_KEY: "re_0123456789",
  MAIL_NOTICES: "password",
};

const RESEND = "https://api.resend.com/emails";

/** Takes every mail of `op`, which has `MAIL_VARS`. */
export class Mailbox {
  /** What came: `{to, subject, text, html}` each. */
  mails = [];

  constructor(op) {
    op.serve(RESEND, async (request) => {
      const { to, ...rest } = await request.json();
      this.mails.push({ to: to[0], ...rest });
      return { json: { id: String(this.mails.length) } };
    });
  }

  /** The mails to an address. */
  to(address) {
    return this.mails.filter(({ to }) => to === address);
  }

  /** The `n`th mail to an address, as soon as it has come. */
  async await(address, n = 1) {
    for (let tries = 0; tries < 200; tries++) {
      const mail = this.to(address)[n - 1];
      if (mail) return mail;
      await wait(25);
    }
    throw new Error(`${address} got ${this.to(address).length} mails, not ${n}`);
  }

  /** Waits long enough for a mail to come, and tells how many have. */
  async count(address) {
    await wait(300);
    return this.to(address).length;
  }
}

/** The link in a mail. */
export const linkIn = ({ text }) => text.match(/https?:\/\/\S+/)?.[0];

/** The code in a mail. */
export const codeIn = ({ text }) => text.match(/^\d{6}(\d\d)?$/m)?.[0];

/** Reads what the platform's simulated binding was given: it logs where it has put it. */
export class BindingLog extends Log {
  /** `{to, subject, text, html}` each. */
  mails = [];

  constructor() {
    super(LogLevel.INFO);
  }

  log(message) {
    if (!message.includes("send_email binding called")) return;
    const field = (name) => message.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
    this.mails.push({
      from: field("From"),
      to: field("To"),
      subject: field("Subject"),
      text: readFileSync(field("Text"), "utf8"),
      html: readFileSync(field("HTML"), "utf8"),
    });
  }
}
