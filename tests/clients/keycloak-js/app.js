// An app in the browser with keycloak-js.

import Keycloak from "keycloak-js";

const keycloak = new Keycloak({ oidcProvider: ISSUER, clientId: CLIENT_ID });

const signedIn = await keycloak.init({
  onLoad: "check-sso",
  silentCheckSsoRedirectUri: `${APP_URL}/silent-check-sso.html`,
  checkLoginIframe: false,
  scope: "openid profile email",
});

const result = document.querySelector("#result");
const show = (value) => {
  result.textContent = JSON.stringify(value);
};

const button = (id, label, work) => {
  const element = Object.assign(document.createElement("button"), { id, textContent: label });
  element.onclick = () => Promise.resolve(work()).catch((error) => show({ error: `${error?.error ?? error}` }));
  document.querySelector("#app").append(element);
};
button("in", "Sign in", () => keycloak.login({ redirectUri: `${APP_URL}/` }));
button("refresh", "Refresh", async () => show({ refreshed: await keycloak.updateToken(-1) }));
button("userinfo", "Who am I?", async () => show(await keycloak.loadUserInfo()));
button("out", "Sign out", () => keycloak.logout({ redirectUri: `${APP_URL}/` }));

show(signedIn ? keycloak.idTokenParsed : "nobody");
