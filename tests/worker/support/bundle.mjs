// Where the built Worker is, and what it is made of.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
export const buildDir = `${root}build/`;

/** The modules of `cargo xtask build`, as Miniflare wants them. */
export function limenModules() {
  return Object.fromEntries(
    builtFiles()
      .filter((name) => /\.(js|wasm)$/.test(name))
      .map((name) => [name, { type: name.endsWith(".wasm") ? "wasm" : "esm", contents: contents(name) }]),
  );
}

/** Every file of the wasm kind that a deployment uploads. */
export function wasmFiles() {
  return builtFiles()
    .filter((name) => name.endsWith(".wasm"))
    .map((name) => readFileSync(buildDir + name));
}

/** The SQL statements of the first `files` of migrations/, or of all, in order. */
export function migrations(files) {
  const folder = `${root}migrations/`;
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .slice(0, files)
    .flatMap((name) => statements(readFileSync(folder + name, "utf8")));
}

/** `compatibility_date` and `compatibility_flags` of wrangler.toml: the tests run what is deployed. */
export function compatibility() {
  const toml = readFileSync(`${root}wrangler.toml`, "utf8");
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(toml);
  const flags = /^compatibility_flags\s*=\s*\[([^\]]*)\]/m.exec(toml);
  return { date: date[1], flags: [...(flags?.[1] ?? "").matchAll(/"([^"]+)"/g)].map((match) => match[1]) };
}

function builtFiles() {
  try {
    return readdirSync(buildDir);
  } catch {
    throw new Error(`There is no built Worker in ${buildDir}: run \`cargo xtask build\`, or \`cargo xtask test\`.`);
  }
}

function contents(name) {
  return name.endsWith(".wasm") ? new Uint8Array(readFileSync(buildDir + name)) : readFileSync(buildDir + name, "utf8");
}

// A statement ends with a semicolon at the end of a line, that of a trigger with END;
function statements(sql) {
  const pieces = sql.replace(/--.*$/gm, "").split(/;[ \t]*(?:\n|$)/);
  const whole = [];
  let pending = "";
  for (const piece of pieces) {
    pending += piece;
    const inTrigger = /^\s*CREATE\s+TRIGGER/i.test(pending) && !/\bEND\s*$/i.test(pending);
    if (inTrigger) pending += ";\n";
    else {
      if (pending.trim()) whole.push(pending.trim());
      pending = "";
    }
  }
  return whole;
}
