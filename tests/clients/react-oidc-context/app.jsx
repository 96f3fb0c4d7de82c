// An app in the browser with React and react-oidc-context.

import { createRoot } from "react-dom/client";
import { AuthProvider, useAuth } from "react-oidc-context";

const oidcConfig = {
  authority: ISSUER,
  client_id: CLIENT_ID,
  redirect_uri: `${APP_URL}/`,
  post_logout_redirect_uri: `${APP_URL}/`,
  scope: "openid profile email",
  // Takes the code out of the address, so that a reload does not send it again.
  onSigninCallback: () => history.replaceState({}, "", "/"),
};

function App() {
  const auth = useAuth();
  if (auth.isLoading) return <p>Loading...</p>;
  if (auth.error) return <pre id="result">{JSON.stringify({ error: auth.error.message })}</pre>;
  if (!auth.isAuthenticated) {
    return (
      <>
        <button id="in" onClick={() => auth.signinRedirect()}>Sign in</button>
        <pre id="result">"nobody"</pre>
      </>
    );
  }
  return (
    <>
      <button id="refresh" onClick={() => auth.signinSilent()}>Refresh</button>
      <button id="out" onClick={() => auth.signoutRedirect()}>Sign out</button>
      <pre id="result">{JSON.stringify(auth.user.profile)}</pre>
      <pre id="token">{auth.user.access_token}</pre>
    </>
  );
}

document.querySelector("#result").remove();
createRoot(document.querySelector("#app")).render(
  <AuthProvider {...oidcConfig}>
    <App />
  </AuthProvider>,
);
