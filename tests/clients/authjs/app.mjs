// A web app with Auth.js, by its package for Express.

import { ExpressAuth, getSession } from "@auth/express";
import express from "express";

const config = {
  secret: "a long random text that signs the app's own cookies",
  trustHost: true,
  providers: [
    {
      id: "limen",
      name: "Limen",
      type: "oidc",
      issuer: process.env.ISSUER,
      clientId: process.env.CLIENT_ID,
      clientSecret: process.env.CLIENT_SECRET,
    },
  ],
  callbacks: {
    // The session has name and e-mail address. What else is wanted of the ID token is added here.
    jwt: ({ token, profile }) => (profile ? { ...token, sub: profile.sub, username: profile.preferred_username } : token),
    session: ({ session, token }) => ({ ...session, user: { ...session.user, sub: token.sub, username: token.username } }),
  },
};

const app = express();
app.use("/auth/{*action}", (req, res, next) => {
  // Auth.js takes what follows /auth from here. Express 5 names it, where Express 4 numbered it.
  req.params[0] = req.params.action.join("/");
  return ExpressAuth(config)(req, res, next);
});
app.get("/", async (req, res) => res.json((await getSession(req, config))?.user ?? "nobody"));

app.listen(process.env.PORT);
