// A web app with express-openid-connect 3.

import express from "express";
import openid from "express-openid-connect";

const app = express();

app.use(
  openid.auth({
    issuerBaseURL: process.env.ISSUER,
    baseURL: process.env.APP_URL,
    clientID: process.env.CLIENT_ID,
    clientSecret: process.env.CLIENT_SECRET,
    secret: "a long random text that signs the app's own cookies",
    authRequired: false,
    idpLogout: true,
    authorizationParams: { response_type: "code", scope: "openid profile email" },
  }),
);

app.get("/", (req, res) => res.json(req.oidc.isAuthenticated() ? req.oidc.user : "nobody"));

app.get("/profile", openid.requiresAuth(), async (req, res) => res.json(await req.oidc.fetchUserInfo()));

app.get("/refresh", openid.requiresAuth(), async (req, res) => {
  const { expires_in } = await req.oidc.accessToken.refresh();
  res.json({ expires_in, userinfo: await req.oidc.fetchUserInfo() });
});

app.listen(process.env.PORT);
