// Pictures of pages, for people to look at after a change: in target/screenshots/, where PICTURES=on is in the environment. A picture
// takes half as long as axe-core does, and most runs have nobody who looks.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../../target/screenshots/", import.meta.url));
const ARE_WANTED = process.env.PICTURES === "on";
if (ARE_WANTED) mkdirSync(FOLDER, { recursive: true });

/** Leaves a picture of the whole page, by that name, where pictures are wanted. */
export async function photograph(page, name) {
  if (ARE_WANTED) await page.screenshot({ path: `${FOLDER}${name}.png`, fullPage: true, caret: "initial" });
}
