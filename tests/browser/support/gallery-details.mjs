// The pages that show authorization details (RFC 9396).

import { startWebApp } from "./web-app.mjs";

const text = (title) => ({ type: "string", ...(title && { title }) });
const object = (properties, title) => ({ type: "object", additionalProperties: false, properties, ...(title && { title }) });
const PAYMENT = object({
  type: { const: "payment_initiation" },
  instructedAmount: object({ currency: text("Currency"), amount: text("Sum") }, "Amount"),
  creditorName: { ...text("Paid to"), "title#de": "An", "title#fr": "À", "title#es": "Para" },
  creditorAccount: object({ iban: text() }),
  remittanceInformationUnstructured: text(),
  recurring: { type: "boolean" },
});
const ACCOUNTS = object({
  type: { const: "account_information" },
  actions: { type: "array", items: text() },
  dataset: { type: "array", items: text() },
});

/** What a deployment needs for them. */
export const DETAIL_TYPES = {
  AUTHORIZATION_DETAILS_TYPES: JSON.stringify({
    payment_initiation: { "title": "Make a payment", "title#de": "Eine Zahlung", "title#fr": "Faire un paiement", "title#es": "Hacer un pago", "schema": PAYMENT },
    account_information: { "title": "See your accounts", "title#de": "Ihre Konten sehen", "title#fr": "Voir vos comptes", "title#es": "Ver tus cuentas", "schema": ACCOUNTS },
  }),
};

const details = (long) => [
  {
    type: "payment_initiation",
    instructedAmount: { currency: "EUR", amount: "123.50" },
    creditorName: long ? "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" : "Merchant A",
    creditorAccount: { iban: "DE02100100109307118603" },
    remittanceInformationUnstructured: long ? "x".repeat(500) : "Invoice 4711",
    recurring: true,
  },
  { type: "account_information", actions: ["list_accounts", "read_balances"], dataset: [] },
];

/** Opens what an app asks for that wants details. */
async function ask({ op, visitor }, long = false) {
  const app = await startWebApp(op, { client_name: "Acme Shop", authorization_details_types: ["payment_initiation", "account_information"] });
  await visitor.arrive(app, await op.person(), { consents: false });
  await visitor.page.goto(app.start({ scope: "openid", authorization_details: JSON.stringify(details(long)) }));
}

export const WITH_DETAILS = {
  "consent-to-details": (stage) => ask(stage),
  "account-apps-details": async (stage) => {
    await ask(stage);
    await stage.visitor.page.locator("#approve").click();
    await stage.visitor.page.goto(stage.op.url("/account/apps"));
  },
};

export const LONG_DETAILS = { "consent-to-details": (stage) => ask(stage, true) };
