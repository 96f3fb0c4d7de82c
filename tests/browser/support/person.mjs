// What a person does at Limen's pages.

/** Fills in the login form and presses its button. Who has to show again that it is them finds their name there. */
export async function signIn(page, person, { name = person.username, password = person.password } = {}) {
  const username = page.locator("#username");
  if (await username.isEditable()) await username.fill(name);
  await page.locator("#password").fill(password);
  await page.locator("#login").click();
}

export const cancel = (page) => page.locator("#cancel").click();
export const approve = (page) => page.locator("#approve").click();
export const deny = (page) => page.locator("#deny").click();

/** Signs in and allows what is asked for. */
export async function signInAndApprove(page, person) {
  await signIn(page, person);
  await approve(page);
}

/** Which page of Limen is there, by what it asks for: "login", "consent" or `undefined`. */
export async function asks(page) {
  await page.waitForLoadState();
  if ((await page.locator("#password").count()) > 0) return "login";
  if ((await page.locator("#approve").count()) > 0) return "consent";
  return undefined;
}
