// A web app with Passport, by the strategy passport-openidconnect 0.1.

import express from "express";
import session from "express-session";
import passport from "passport";
import OpenIDConnectStrategy from "passport-openidconnect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, APP_URL, PORT } = process.env;

passport.use(
  new OpenIDConnectStrategy(
    {
      issuer: ISSUER,
      authorizationURL: `${ISSUER}/authorize`,
      tokenURL: `${ISSUER}/token`,
      userInfoURL: `${ISSUER}/userinfo`,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: `${APP_URL}/callback`,
      scope: ["profile", "email"],
      skipUserProfile: false,
    },
    function verify(issuer, profile, context, idToken, done) {
      return done(null, { issuer, profile, idToken });
    },
  ),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: "change me", resave: false, saveUninitialized: false }));
app.use(passport.authenticate("session"));

app.get("/login", passport.authenticate("openidconnect"));
app.get("/callback", passport.authenticate("openidconnect", { successRedirect: "/", failureRedirect: "/failed" }));

app.get("/logout", (req, res, next) => {
  const query = new URLSearchParams({ id_token_hint: req.user.idToken, post_logout_redirect_uri: `${APP_URL}/` });
  req.logout((error) => (error ? next(error) : res.redirect(`${ISSUER}/logout?${query}`)));
});

app.get("/", (req, res) => res.json(req.user?.profile ?? "nobody"));

app.listen(PORT);
