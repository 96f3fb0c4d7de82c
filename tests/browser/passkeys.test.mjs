// Passkeys in a real browser, with the authenticator that it simulates.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { tabTo } from "./support/accessibility.mjs";
import { resultOf, subjectAt } from "./support/loopback.mjs";
import { approve, signIn } from "./support/person.mjs";
import { setStage } from "./support/stage.mjs";
import { addAuthenticator } from "./support/virtual-authenticator.mjs";
import { startWebApp } from "./support/web-app.mjs";

const { op, chromium } = await setStage();

const passkeysOf = async (person) => (await op.json(`/admin/api/users/${person.id}/passkeys`, { bearer: op.adminToken })).passkeys;

/** Somebody who has added a passkey in their browser, and has signed out. */
async function withPasskey(t, options) {
  const [person, visitor] = [await op.person(), await chromium.visitor(t)];
  const { page } = visitor;
  await visitor.arrive(await startWebApp(op), person);
  const authenticator = await addAuthenticator(page, options);
  await page.goto(op.url("/account/passkeys"));
  await page.locator("#name").fill("My phone");
  await page.locator("#add").click();
  await page.locator('[role="status"]').waitFor();
  const signOut = () => visitor.context.clearCookies({ name: /session/ });
  return { person, visitor, page, authenticator, signOut };
}

/** Lets the browser offer no passkeys by itself: the simulation takes every offer at once. */
const withoutOffers = (page) =>
  page.addInitScript(() => (PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false)));

/** Shows the passkey that there is, which it takes to change anything. */
async function confirm(page) {
  await withoutOffers(page);
  await page.goto(op.url("/account/passkeys"));
  await page.locator("#confirm").click();
  await page.locator("#passkey").click();
  await page.locator("#add").waitFor();
}

/** Signs in with a password on the way to an app, once the page has found out that the browser can have a passkey. */
async function signInAt(app, page, person) {
  await page.goto(app.start());
  await page.waitForFunction(() => document.querySelector("[name=can_have_passkey]").value === "yes");
  await signIn(page, person);
}

const isAtAccount = (page) => page.waitForURL(op.url("/account"));

const essential = (acr) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, value: acr } } }) });

describe("an app that demands phr", () => {
  test("has somebody who signed in with a password add a passkey and use it", async (t) => {
    const [person, visitor, app] = [await op.person(), await chromium.visitor(t), await startWebApp(op)];
    const { page } = visitor;
    await visitor.arrive(app, person);
    await addAuthenticator(page);
    await page.goto(app.start(essential("phr")));
    await page.locator("#add").click();
    await page.locator("#passkey").click();
    const { claims } = await resultOf(page);
    assert.deepEqual([claims.sub, claims.acr], [person.id, "phr"]);
    await page.goto(app.start({ ...essential("phr"), prompt: "none" }));
    assert.equal((await resultOf(page)).claims.acr, "phr");
  });

  test("asks somebody who has one for that alone; the back button and another tab change nothing", async (t) => {
    const { person, visitor, page, signOut } = await withPasskey(t);
    await signOut();
    const app = await startWebApp(op);
    await withoutOffers(page);
    await page.goto(op.url("/login?page=overview"));
    await signIn(page, person);
    await isAtAccount(page);
    await page.goto(app.start(essential("phr")));
    const at = page.url();
    assert.match(at, /\/login\/second/);
    assert.equal(await page.locator("#password").count(), 0);
    const tab = await visitor.context.newPage();
    await tab.goto(at.replace("/login/second", "/authorize/resume"));
    assert.equal(tab.url(), at);
    await tab.close();
    await page.locator("#passkey").click();
    await approve(page);
    assert.equal((await resultOf(page)).claims.acr, "phr");
    await page.goto(at);
    await page.waitForURL(/callback/);
    assert.equal(await page.locator("#result").count(), 1, "the request goes on, as strong as before");
  });

  test("gets unmet_authentication_requirements from somebody who gives up", async (t) => {
    const [person, visitor, app] = [await op.person(), await chromium.visitor(t), await startWebApp(op)];
    const { page } = visitor;
    await visitor.arrive(app, person);
    await page.goto(app.start(essential("phr")));
    await page.locator("#cancel").click();
    assert.match(await page.locator("#result").textContent(), /unmet_authentication_requirements/);
  });
});

describe("a passkey", () => {
  test("is added, named and listed", async (t) => {
    const { person, page, authenticator } = await withPasskey(t);
    assert.match(await page.locator("main").textContent(), /My phone/);
    const [passkey] = await passkeysOf(person);
    assert.deepEqual([passkey.name, passkey.backup_eligible], ["My phone", true]);
    const [credential] = await authenticator.credentials();
    assert.equal(credential.rpId, "localhost");
    assert.ok(credential.isResidentCredential);
    assert.equal(Buffer.from(credential.userHandle, "base64").toString(), person.id);
  });

  test("signs in by the button, with the keyboard, on the way to an app", async (t) => {
    const { person, page, signOut } = await withPasskey(t);
    await signOut();
    await withoutOffers(page);
    const app = await startWebApp(op);
    await page.goto(app.start());
    await tabTo(page, "passkey");
    assert.ok(await page.getByRole("button", { name: "Sign in with a passkey" }).isVisible());
    await page.keyboard.press("Enter");
    await approve(page);
    assert.equal(await subjectAt(page), person.id);
  });

  test("is offered by the browser in the username field, and signs in from there", async (t) => {
    const { page, signOut, visitor } = await withPasskey(t);
    await signOut();
    // The simulation takes the offer as soon as it is made. Nothing is pressed.
    await page.goto(op.url("/account")).catch(() => {});
    await isAtAccount(page);
    assert.deepEqual(visitor.pagesOfLimen.slice(-2), ["/login", "/account"]);
  });

  test("is not added twice on one authenticator", async (t) => {
    const { person, page } = await withPasskey(t);
    await confirm(page);
    await page.locator("#add").click();
    await page.locator("[data-failed]:visible").waitFor();
    assert.match(await page.locator("[data-failed]:visible").textContent(), /added before/);
    assert.equal((await passkeysOf(person)).length, 1);
  });

  test("is renamed and removed, and then the button says that it did not work", async (t) => {
    const { person, page, signOut } = await withPasskey(t);
    await confirm(page);
    await page.locator("summary").click();
    await page.locator("#name-1").fill("Old phone");
    await page.locator('[name="rename"]').click();
    await page.locator("h2", { hasText: "Old phone" }).waitFor();
    await page.locator("summary").click();
    await page.locator('[name="remove"]').click();
    await page.locator("main", { hasText: "You have no passkey yet" }).waitFor();
    assert.deepEqual(await passkeysOf(person), []);
    await signOut();
    await page.goto(op.url("/login?page=overview"));
    // The browser still has it.
    await page.locator("#passkey").click();
    await page.locator('[role="alert"]').waitFor();
    assert.match(await page.locator('[role="alert"]').textContent(), /did not work/);
  });

  test("confirms who somebody is, who then needs no password", async (t) => {
    const { page } = await withPasskey(t);
    await withoutOffers(page);
    await page.goto(op.url("/account/email"));
    await page.locator("#current-password").waitFor();
    await page.locator("a", { hasText: "Confirm with a passkey" }).click();
    await page.locator("#passkey").click();
    await page.waitForURL(op.url("/account/email"));
    assert.equal(await page.locator("#current-password").count(), 0);
    await page.locator("#email").fill("new@people.example");
    await page.locator("#change").click();
    await page.locator("#sent").waitFor();
  });
});

describe("an authenticator that is not good enough", () => {
  test("that keeps no names adds nothing, the page says so, and the password works on", async (t) => {
    const [person, visitor] = [await op.person(), await chromium.visitor(t)];
    const { page } = visitor;
    await visitor.arrive(await startWebApp(op), person);
    await addAuthenticator(page, { transport: "usb", hasResidentKey: false });
    await page.goto(op.url("/account/passkeys"));
    await page.locator("#add").click();
    await page.locator("[data-failed]:visible").waitFor();
    assert.deepEqual(await passkeysOf(person), []);
    await visitor.context.clearCookies({ name: /session/ });
    await page.goto(op.url("/login?page=overview"));
    await signIn(page, person);
    await isAtAccount(page);
  });

  test("without user verification adds nothing, and the page says so", async (t) => {
    const [person, visitor] = [await op.person(), await chromium.visitor(t)];
    await visitor.arrive(await startWebApp(op), person);
    await addAuthenticator(visitor.page, { transport: "usb", hasUserVerification: false, isUserVerified: false });
    await visitor.page.goto(op.url("/account/passkeys"));
    await visitor.page.locator("#add").click();
    await visitor.page.locator("[data-failed]:visible").waitFor();
    assert.deepEqual(await passkeysOf(person), []);
  });

  test("that does not verify its person any more signs nobody in", async (t) => {
    const { page, authenticator, signOut } = await withPasskey(t);
    await signOut();
    await authenticator.send("setUserVerified", { isUserVerified: false });
    await page.goto(op.url("/login?page=overview"));
    await page.locator("#passkey").click();
    await page.locator("[data-failed]:visible").waitFor();
    assert.match(await page.locator("[data-failed]:visible").textContent(), /gave no passkey/);
    assert.equal(new URL(page.url()).pathname, "/login");
  });
});

describe("two authenticators", () => {
  /** Only this one is touched. */
  const touch = async (touched, other) => {
    await other.send("setAutomaticPresenceSimulation", { enabled: false });
    await touched.send("setAutomaticPresenceSimulation", { enabled: true });
  };

  test("have a passkey each, either signs in, and one that is removed does no more", async (t) => {
    const { person, page, authenticator: phone, signOut } = await withPasskey(t);
    await confirm(page);
    const key = await addAuthenticator(page, { transport: "usb" });
    await touch(key, phone);
    await page.locator("#name").fill("My key");
    await page.locator("#add").click();
    await page.locator('[role="status"]').waitFor();
    assert.deepEqual((await passkeysOf(person)).map(({ name }) => name).sort(), ["My key", "My phone"]);
    assert.deepEqual([(await phone.credentials()).length, (await key.credentials()).length], [1, 1]);
    const signInWith = async (touched, other) => {
      await signOut();
      await touch(touched, other);
      await page.goto(op.url("/login?page=passkeys"));
      await page.locator("#passkey").click();
    };
    await signInWith(phone, key);
    await page.locator("li", { hasText: "My key" }).waitFor();
    await signInWith(key, phone);
    const phones = page.locator("li", { hasText: "My phone" });
    await phones.locator("summary").click();
    await phones.locator("[name=remove]").click();
    await page.locator('[role="status"]').waitFor();
    assert.deepEqual((await passkeysOf(person)).map(({ name }) => name), ["My key"]);
    await signInWith(phone, key);
    await page.locator('[role="alert"], [data-failed]:visible').first().waitFor();
    assert.equal(new URL(page.url()).pathname, "/login");
    await signInWith(key, phone);
    await page.locator("li", { hasText: "My key" }).waitFor();
  });
});

describe("after a sign-in with a password", () => {
  test("a browser that can have a passkey is offered one, and it works", async (t) => {
    const [person, visitor, app] = [await op.person(), await chromium.visitor(t), await startWebApp(op)];
    const { page } = visitor;
    await addAuthenticator(page, { automaticPresenceSimulation: true });
    await signInAt(app, page, person);
    await page.locator("#not-now").waitFor();
    await page.locator("#add").click();
    await approve(page);
    assert.equal(await subjectAt(page), person.id);
    assert.equal((await passkeysOf(person)).length, 1);
  });

  test("a browser that makes passkeys by itself makes one without a question, and the person goes on", async (t) => {
    const [person, visitor, app] = [await op.person(), await chromium.visitor(t), await startWebApp(op)];
    const { page } = visitor;
    await addAuthenticator(page);
    // This Chromium does not: what it is asked is kept, and answered as if it did.
    await page.addInitScript(() => {
      PublicKeyCredential.getClientCapabilities = () => Promise.resolve({ conditionalCreate: true });
      const create = navigator.credentials.create.bind(navigator.credentials);
      navigator.credentials.create = ({ mediation, ...request }) => {
        window.name += `${mediation} ${request.publicKey.authenticatorSelection.userVerification};`;
        return create(request);
      };
    });
    await signInAt(app, page, person);
    await page.waitForURL(/\/consent/);
    assert.equal(await page.evaluate(() => window.name), "conditional preferred;");
    await approve(page);
    assert.equal(await subjectAt(page), person.id);
    assert.equal((await passkeysOf(person)).length, 1);
  });

  test("a browser that would make one by itself and cannot asks the person as others do", async (t) => {
    const [person, visitor, app] = [await op.person(), await chromium.visitor(t), await startWebApp(op)];
    const { page } = visitor;
    await addAuthenticator(page);
    await page.addInitScript(() => {
      PublicKeyCredential.getClientCapabilities = () => Promise.resolve({ conditionalCreate: true });
      const create = navigator.credentials.create.bind(navigator.credentials);
      navigator.credentials.create = (request) =>
        request.mediation === "conditional" ? Promise.reject(new DOMException("no", "NotAllowedError")) : create(request);
    });
    await signInAt(app, page, person);
    await page.locator("#add").click();
    await approve(page);
    assert.equal((await passkeysOf(person)).length, 1);
  });
});

test("a set-up link leads to a passkey, and that to the account", async (t) => {
  const [person, visitor] = [await op.person({ password: undefined }), await chromium.visitor(t)];
  const { url } = await op.json(`/admin/api/users/${person.id}/setup_link`, { method: "POST", bearer: op.adminToken });
  await addAuthenticator(visitor.page);
  await withoutOffers(visitor.page);
  await visitor.page.goto(url);
  await visitor.page.locator("#add").click();
  await visitor.page.locator("#passkey").click();
  await isAtAccount(visitor.page);
  assert.equal((await passkeysOf(person)).length, 1);
});
