// The pages of a fresh deployment with terms and a contact, and the way there. The first of them is there until somebody has an account.

import { groupOf } from "../../worker/groups/support.mjs";
import { signIn } from "./person.mjs";
import { startWebApp } from "./web-app.mjs";

/** The variables of that deployment. */
export const TERMS = {
  SIGNUP: "domains",
  SIGNUP_DOMAINS: "acme.example people.example",
  MAIL: "development",
  TERMS_URL: "https://acme.example/terms",
  TERMS_VERSION: "2026-11-29",
  SUPPORT_CONTACT: "help@acme.example",
};

/** A look of its own, and what is kept of people there. */
export const BRAND = {
  ATTRIBUTES: JSON.stringify({
    department: { title: "Department", "title#de": "Abteilung", person: "edit" },
    badge: { title: "Number of the badge", type: "number", person: "edit" },
    newsletter: { title: "Send me the newsletter of the works council", type: "flag", person: "edit" },
    languages: { title: "Languages", type: "list", person: "edit" },
  }),
  BRAND_NAME: "Acme Identity",
  ACCENT_COLOR: "#0b57d0",
  LOGO: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>@media (prefers-color-scheme: dark){circle{fill:#a8c7fa}}</style><circle cx="16" cy="16" r="15" fill="#0b57d0"/><path d="M9 24 16 7l7 17" fill="none" stroke="#fff" stroke-width="3"/></svg>`,
  PRIVACY_URL: "https://acme.example/privacy",
  SUPPORT_CONTACT: "https://acme.example/help",
  SIGN_IN_HEADING: '{"en": "Welcome to Acme", "de": "Willkommen bei Acme", "es": "Bienvenido a Acme", "fr": "Bienvenue chez Acme"}',
  SIGN_IN_TEXT: '{"en": "Sign in with your Acme account, as in the shop.", "de": "Melden Sie sich mit Ihrem Acme-Konto an, wie im Laden."}',
};

async function open(visitor, url) {
  await visitor.page.goto(url);
}

/** Sends a form as it is, whatever the browser says of it, and waits for what is wrong with it. */
async function sendAnyway({ page }, button) {
  await page.locator("form").last().evaluate((form) => (form.noValidate = true));
  await page.locator(button).click();
  await page.locator('[role="alert"]').waitFor();
}

/** Somebody who has to accept the terms, and to choose another password where `demands` says so. */
async function unfinished({ op, visitor }, { demands = false } = {}) {
  const person = await op.person();
  if (demands) await op.admin(`/admin/api/users/${person.id}/require_new_password`, { method: "POST" });
  await open(visitor, (await startWebApp(op, { client_name: "Acme Notes" })).start());
  await signIn(visitor.page, person);
  await visitor.page.locator("#finish").waitFor();
}

/** An app that is not open to the person who signs in. */
export async function closedApp({ op, visitor }) {
  const group = await groupOf(op);
  const client = { client_name: "Acme Payroll", client_uri: "https://payroll.acme.example/", allowed_groups: [group.id] };
  const app = await startWebApp(op, client);
  await open(visitor, app.start());
  await signIn(visitor.page, await op.person());
  const finish = visitor.page.locator("#terms");
  await visitor.page.locator("#terms, #closed").waitFor();
  if (await finish.isVisible()) {
    await finish.check();
    await visitor.page.locator("#finish").click();
  }
  await visitor.page.locator("#closed").waitFor();
}

export const WITH_TERMS = {
  "first-person": async ({ op, visitor }) => {
    await open(visitor, op.url("/setup/first"));
  },

  "first-person-wrong": async ({ op, visitor }) => {
    await open(visitor, op.url("/setup/first"));
    await visitor.page.locator("#admin-token").fill("another");
    await sendAnyway(visitor, "#continue");
  },

  "sign-up-terms": async ({ op, visitor }) => {
    await open(visitor, op.url("/signup?page=overview"));
  },

  "sign-up-terms-missing": async ({ op, visitor }) => {
    await open(visitor, op.url("/signup?page=overview"));
    await visitor.page.locator("#email").fill("ada@acme.example");
    await visitor.page.locator("#username").fill("ada");
    await sendAnyway(visitor, "#create");
  },

  "sign-up-elsewhere": async ({ op, visitor }) => {
    await open(visitor, op.url("/signup?page=overview"));
    await visitor.page.locator("#email").fill("ada@elsewhere.example");
    await visitor.page.locator("#username").fill("ada");
    await visitor.page.locator("#terms").check();
    await sendAnyway(visitor, "#create");
  },

  "finish-terms": async (stage) => {
    await unfinished(stage);
  },

  "finish-both": async (stage) => {
    await unfinished(stage, { demands: true });
  },

  "finish-terms-missing": async (stage) => {
    await unfinished(stage);
    await sendAnyway(stage.visitor, "#finish");
  },

  "finish-password-short": async (stage) => {
    await unfinished(stage, { demands: true });
    await stage.visitor.page.locator("#new-password").fill("short");
    await sendAnyway(stage.visitor, "#finish");
  },

  "closed-app-contact": closedApp,
};
