// A web app with Passport, by the strategy that openid-client 6 brings: it finds Limen's endpoints itself, and uses PKCE.

import express from "express";
import session from "express-session";
import * as client from "openid-client";
import { Strategy } from "openid-client/passport";
import passport from "passport";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, APP_URL, PORT } = process.env;

const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, {
  // For development alone, where the issuer is on http.
  execute: ISSUER.startsWith("http:") ? [client.allowInsecureRequests] : [],
});

passport.use(
  "limen",
  new Strategy({ config, scope: "openid profile email", callbackURL: `${APP_URL}/callback` }, (tokens, verified) =>
    verified(null, { profile: tokens.claims(), idToken: tokens.id_token }),
  ),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: "change me", resave: false, saveUninitialized: false }));
app.use(passport.authenticate("session"));

app.get("/login", passport.authenticate("limen"));
app.get("/callback", passport.authenticate("limen", { successRedirect: "/", failureRedirect: "/failed" }));

app.get("/logout", (req, res, next) => {
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: req.user.idToken,
    post_logout_redirect_uri: `${APP_URL}/`,
  });
  req.logout((error) => (error ? next(error) : res.redirect(url.href)));
});

app.get("/", (req, res) => res.json(req.user?.profile ?? "nobody"));

app.listen(PORT);
