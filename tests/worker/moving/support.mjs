// An export read to its end, and lines taken in.

import assert from "node:assert/strict";

/** All lines of an export, read in pages of `limit`, without those that say where the next one begins. */
export async function exported(op, { limit = 200, bearer = op.adminToken } = {}) {
  const lines = [];
  for (let after = ""; after !== undefined; ) {
    const query = new URLSearchParams({ limit, ...(after && { after }) });
    const response = await op.fetch(`/admin/api/export?${query}`, { bearer });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const page = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const end = page.pop();
    assert.ok(["next", "end"].includes(end.kind), text);
    after = end.after;
    lines.push(...page);
  }
  return lines;
}

/** Takes lines in, and gives what became of each. */
export async function taken(op, lines, { bearer = op.adminToken, roots = lines.find(({ kind }) => kind === "deployment")?.roots } = {}) {
  const results = [];
  for (let at = 0; at < lines.length; at += 50) {
    const json = { ...(roots && { roots }), lines: lines.slice(at, at + 50) };
    const response = await op.fetch("/admin/api/import", { json, bearer });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    results.push(...JSON.parse(text).results);
  }
  assert.equal(results.length, lines.length);
  return results;
}

/** The outcomes alone, each once. */
export const outcomes = (results) => [...new Set(results.map(({ outcome }) => outcome))].sort();
