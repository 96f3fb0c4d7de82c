// A web app with better-auth and Express.

import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import { genericOAuth } from "better-auth/plugins";
import { build } from "esbuild";
import express from "express";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, APP_URL, PORT } = process.env;

const auth = betterAuth({
  baseURL: APP_URL,
  secret: "a long random text that signs the app's own cookies",
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: "limen",
          discoveryUrl: `${ISSUER}/.well-known/openid-configuration`,
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          scopes: ["openid", "profile", "email"],
          requireIdTokenVerification: true,
        },
      ],
    }),
  ],
});

const app = express();
app.all("/api/auth/{*any}", toNodeHandler(auth));

app.get("/", async (req, res) => {
  const session = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) });
  res.json(session?.user ?? "nobody");
});

app.get("/refresh", async (req, res) => {
  const headers = fromNodeHeaders(req.headers);
  const [{ id }] = await auth.api.listUserAccounts({ headers });
  const before = await auth.api.getAccessToken({ headers, body: { accountId: id } });
  const after = await auth.api.refreshToken({ headers, body: { accountId: id } });
  res.json({ is_new: after.accessToken !== before.accessToken });
});

// A page with two buttons, whose script is browser.js.
const { outputFiles } = await build({ entryPoints: ["browser.js"], bundle: true, write: false, format: "esm" });
app.get("/browser.js", (req, res) => res.type("js").send(outputFiles[0].text));
app.get("/page", (req, res) =>
  res.send('<button id="in">Sign in</button><button id="out">Sign out</button><script type="module" src="/browser.js"></script>'),
);

app.listen(PORT);
