// The authenticator that Chromium simulates (DevTools domain WebAuthn).

/** Gives the browser of `page` one. `options` are as DevTools has them. */
export async function addAuthenticator(page, options = {}) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: true,
      ...options,
    },
  });
  const send = (method, params = {}) => devtools.send(`WebAuthn.${method}`, { authenticatorId, ...params });
  return {
    send,
    credentials: async () => (await send("getCredentials")).credentials,
    remove: () => send("removeVirtualAuthenticator"),
  };
}
