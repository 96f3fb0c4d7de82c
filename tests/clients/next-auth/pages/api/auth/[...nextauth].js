import NextAuth from "next-auth";

export const authOptions = {
  providers: [
    {
      id: "limen",
      name: "Limen",
      type: "oauth",
      wellKnown: `${process.env.ISSUER}/.well-known/openid-configuration`,
      clientId: process.env.CLIENT_ID,
      clientSecret: process.env.CLIENT_SECRET,
      authorization: { params: { scope: "openid profile email" } },
      idToken: true,
      checks: ["pkce", "state"],
      profile: (claims) => ({ id: claims.sub, name: claims.name, email: claims.email, image: claims.picture }),
    },
  ],
  callbacks: {
    session: ({ session, token }) => ({ ...session, user: { ...session.user, sub: token.sub } }),
  },
};

export default NextAuth(authOptions);
