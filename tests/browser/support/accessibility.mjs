// Pages as keyboards and screen readers find them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The id of what has the focus, or its text up to the first blank. */
export function focused(page) {
  return page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim().split(/\s/)[0]);
}

/** Presses Tab until the focus is at `id`. Gives the stops; each must show that it has the focus. */
export async function tabTo(page, id) {
  const stops = [];
  while (stops.at(-1) !== id) {
    assert.ok(stops.length < 20, `Tab does not lead to ${id}: ${stops}`);
    await page.keyboard.press("Tab");
    stops.push(await focused(page));
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outline);
    assert.doesNotMatch(outline, /none|\b0px/, `the focus at ${stops.at(-1)} cannot be seen`);
  }
  return stops;
}

/** What a screen reader is told of the element with that id. */
export async function accessible(page, id) {
  const chromium = await page.context().newCDPSession(page);
  const { result } = await chromium.send("Runtime.evaluate", { expression: `document.getElementById(${JSON.stringify(id)})` });
  const { nodes } = await chromium.send("Accessibility.getPartialAXTree", { objectId: result.objectId, fetchRelatives: false });
  await chromium.detach();
  const [{ role, name, description, properties }] = nodes;
  const invalid = properties.find((property) => property.name === "invalid");
  return { role: role.value, name: name.value, description: description?.value, invalid: invalid?.value.value };
}

/** What axe-core finds, a line each. */
export async function axe(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
  return violations;
}
