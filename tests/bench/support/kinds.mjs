// The requests that are measured.

/** Requests of a kind in a round: enough to be seen, few enough to be done. */
const MANY = 120;
const SOME = 20;

/** A client, a service, a person and a signed-in browser of a Limen. */
export async function actors(op) {
  const [client, service, person, browser] = [
    await op.client(),
    await op.serviceClient({ scope: "notes" }),
    await op.person(),
    op.browser(),
  ];
  const tokens = await client.tokens(await browser.obtain(client, person));
  return { op, client, service, person, browser, tokens };
}

/** What is measured, in the order in which it can be done: a code has to be there before it is redeemed. */
export function kinds({ op, client, service, browser, tokens }) {
  const codes = [];
  const refreshing = [];
  const visitors = [];
  // A person has a hundred lines of tokens at an app, so the first ones end after a while.
  let accessToken = tokens.access_token;
  const page = (response) => response.headers.get("location");
  return {
    "discovery": { times: MANY, run: () => op.fetch("/.well-known/openid-configuration") },
    "JWKS": { times: MANY, run: () => op.fetch("/.well-known/jwks.json") },
    "authorize, to the sign-in page": {
      times: SOME,
      run: async () => {
        const visitor = op.browser();
        const response = await visitor.fetch(client.authorizePath());
        visitors.push([visitor, page(response)]);
        return response;
      },
    },
    "the sign-in page": {
      times: SOME,
      run: () => {
        const [visitor, path] = visitors.pop();
        return visitor.fetch(path);
      },
    },
    "authorize, signed in": {
      times: SOME,
      // The code of its answer signs nothing.
      run: async () => {
        const request = client.request();
        const response = await browser.fetch(`/authorize?${new URLSearchParams(request.params)}`);
        const code = new URL(page(response)).searchParams.get("code");
        codes.push({ code, redirectUri: client.redirectUri, verifier: request.verifier });
        return response;
      },
    },
    "token: code": {
      times: SOME,
      signatures: 2,
      run: async () => {
        const response = await client.redeem(codes.pop());
        const answer = await response.clone().json();
        refreshing.push(answer.refresh_token);
        accessToken = answer.access_token;
        return response;
      },
    },
    "token: refresh": {
      times: SOME,
      signatures: 2,
      run: () => client.refresh(refreshing.pop()),
    },
    "token: client_credentials": { times: SOME, signatures: 1, run: () => service.credentials() },
    "userinfo": { times: SOME, verifications: 1, run: () => op.fetch("/userinfo", { bearer: accessToken }) },
    "introspect": { times: SOME, verifications: 1, run: () => client.post("/introspect", { token: accessToken }) },
  };
}
