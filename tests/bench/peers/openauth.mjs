// OpenAuth on Workers, with KV as its storage, and a provider that takes everybody for the same person.

import { issuer } from "@openauthjs/openauth";
import { CloudflareStorage } from "@openauthjs/openauth/storage/cloudflare";

/** Signs in whoever comes, so that what is measured is OpenAuth. */
const nobody = {
  type: "nobody",
  init(routes, context) {
    routes.get("/authorize", (request) => context.success(request, { id: "ada" }));
  },
};

/** A schema that takes everything (standard-schema). */
const anything = { "~standard": { version: 1, vendor: "bench", validate: (value) => ({ value }) } };

/** KV, which wants at least 60 seconds: OpenAuth gives codes just that, and fails whenever a millisecond is over. */
function storageOf(namespace) {
  const kv = CloudflareStorage({ namespace });
  const later = (expiry) => expiry && new Date(expiry.getTime() + 1_000);
  return { ...kv, set: (key, value, expiry) => kv.set(key, value, later(expiry)) };
}

let provider;

export default {
  fetch(request, env, context) {
    provider ??= issuer({
      storage: storageOf(env.KV),
      subjects: { person: anything },
      providers: { nobody },
      allow: async () => true,
      success: (answer, value) => answer.subject("person", { id: value.id }),
    });
    return provider.fetch(request, env, context);
  },
};
