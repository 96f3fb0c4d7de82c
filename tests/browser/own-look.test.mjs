// Pages that a deployment changes: with terms and a contact, before anybody has an account, and with a name, logo and colour of its own.

import { GALLERY } from "./support/gallery.mjs";
import { KEPT } from "./support/gallery-factors.mjs";
import { BRAND, TERMS, WITH_TERMS } from "./support/gallery-terms.mjs";
import { inspect } from "./support/inspection.mjs";
import { setStage } from "./support/stage.mjs";

/** Those that show a look at its best and at its worst. */
const BRANDED = {
  ...pick(GALLERY, ["login", "login-wrong-password", "consent", "account", "account-profile", "account-apps", "console", "console-look", "error"]),
  ...pick(WITH_TERMS, ["closed-app-contact"]),
  ...pick(KEPT, ["console-attributes"]),
};

function pick(gallery, names) {
  return Object.fromEntries(names.map((name) => [`branded-${name}`, gallery[name]]));
}

inspect(WITH_TERMS, await setStage(TERMS));
inspect(BRANDED, await setStage(BRAND));
