// An app in the browser with oidc-client-ts.

import { UserManager, WebStorageStateStore } from "oidc-client-ts";

const manager = new UserManager({
  authority: ISSUER,
  client_id: CLIENT_ID,
  redirect_uri: `${APP_URL}/`,
  post_logout_redirect_uri: `${APP_URL}/`,
  scope: "openid profile email",
  userStore: new WebStorageStateStore({ store: sessionStorage }),
});

const query = new URLSearchParams(location.search);
if (query.has("state") && (query.has("code") || query.has("error"))) {
  await manager.signinCallback();
  history.replaceState({}, "", "/");
}
const user = await manager.getUser();

const result = document.querySelector("#result");
const show = (value) => {
  result.textContent = JSON.stringify(value);
};

const button = (id, label, work) => {
  const element = Object.assign(document.createElement("button"), { id, textContent: label });
  element.onclick = () => work().catch((error) => show({ error: `${error}` }));
  document.querySelector("#app").append(element);
};
button("in", "Sign in", () => manager.signinRedirect());
button("refresh", "Refresh", async () => show((await manager.signinSilent()).profile));
button("out", "Sign out", () => manager.signoutRedirect());

show(user?.profile ?? "nobody");
