// Each button is one call of the library, as its manual says; the result is shown as JSON.

const manager = new oidc.UserManager(settings);
const result = document.querySelector("#result");

async function show(work) {
  result.textContent = "";
  try {
    const user = await work();
    if (user) result.textContent = JSON.stringify({ ...user, expires_in: user.expires_in });
  } catch (error) {
    result.textContent = JSON.stringify({ error: error.error ?? error.message });
  }
}

const on = (id, work) => document.querySelector(id).addEventListener("click", () => show(work));

on("#sign-in", () => manager.signinRedirect());
on("#sign-in-silently", () => manager.signinRedirect({ prompt: "none" }));
on("#sign-in-in-a-popup", () => manager.signinPopup());
on("#refresh", () => manager.signinSilent());
on("#user-info", async () => {
  const [user, url] = [await manager.getUser(), await manager.metadataService.getUserInfoEndpoint()];
  const call = async (nonce) => {
    const headers = { authorization: `DPoP ${user.access_token}`, dpop: await manager.dpopProof(url, user, "GET", nonce) };
    return fetch(url, { headers });
  };
  let response = await call();
  if (response.status === 401) response = await call(response.headers.get("dpop-nonce"));
  return response.json();
});

if (location.pathname === "/callback") show(() => manager.signinCallback());
