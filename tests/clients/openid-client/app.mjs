// A web app with openid-client 6 and Express.

import express from "express";
import session from "express-session";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, APP_URL, PORT } = process.env;

const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, {
  // For development alone, where the issuer is on http.
  execute: ISSUER.startsWith("http:") ? [client.allowInsecureRequests] : [],
});

const app = express();
app.use(session({ secret: "change me", resave: false, saveUninitialized: false }));

app.get("/login", async (req, res) => {
  const code_verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  req.session.checks = { pkceCodeVerifier: code_verifier, expectedState: state };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${APP_URL}/callback`,
    scope: "openid profile email",
    code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: "S256",
    state,
  });
  res.redirect(url.href);
});

app.get("/callback", async (req, res) => {
  const tokens = await client.authorizationCodeGrant(config, new URL(req.originalUrl, APP_URL), req.session.checks);
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  req.session.user = { claims, userinfo };
  req.session.tokens = { refresh: tokens.refresh_token, id: tokens.id_token };
  res.redirect("/");
});

app.get("/refresh", async (req, res) => {
  const tokens = await client.refreshTokenGrant(config, req.session.tokens.refresh);
  // The refresh token is another one now. Keep it: the old one is worth nothing soon.
  req.session.tokens = { refresh: tokens.refresh_token, id: tokens.id_token };
  res.json({ userinfo: await client.fetchUserInfo(config, tokens.access_token, req.session.user.claims.sub) });
});

app.get("/logout", (req, res) => {
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: req.session.tokens.id,
    post_logout_redirect_uri: `${APP_URL}/`,
  });
  req.session.destroy(() => res.redirect(url.href));
});

app.get("/", (req, res) => res.json(req.session.user ?? "nobody"));

app.listen(PORT);
