// What operators and their keys may do.

import { readFileSync } from "node:fs";

import { root } from "./bundle.mjs";

const [, named] = /\n    ApiKeyScope:\n.*?\n      enum:\n((?: +- \S+\n)+)/s.exec(readFileSync(`${root}docs/openapi.yaml`, "utf8"));
const scopes = [...named.matchAll(/- (\S+)/g)].map(([, scope]) => scope);

/** All that an owner may do, as docs/openapi.yaml names it: of each area the scope to write, which includes the one to read, or that to read alone. */
export const EVERY_SCOPE = scopes.filter((scope) => !scopes.includes(scope.replace(/:read$/, ":write")) || scope.endsWith(":write"));
