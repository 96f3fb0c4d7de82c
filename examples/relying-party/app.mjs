// A small relying party: signs people in at an OpenID provider with the authorization code flow, PKCE, state and
// nonce, through openid-client, and signs them out there. `cargo xtask dev` starts it; README.md says how to start it alone.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as oidc from 'openid-client';

import { errorPage, signedInPage, signedOutPage, stylesheet, welcomePage } from './pages.mjs';

const { ISSUER = 'http://localhost:8787', CLIENT_ID, CLIENT_SECRET, PORT = '8788' } = process.env;
if (!CLIENT_ID || !CLIENT_SECRET) {
  console.error('Set CLIENT_ID and CLIENT_SECRET to those of a client registered at the provider.');
  process.exit(1);
}

const origin = `http://localhost:${PORT}`;
const redirectUri = `${origin}/callback`;
const postLogoutRedirectUri = `${origin}/signed-out`;
const provider = await oidc.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  undefined,
  oidc.ClientSecretBasic(CLIENT_SECRET),
  // Plain http is for a provider on this machine only.
  ISSUER.startsWith('http://localhost:') ? { execute: [oidc.allowInsecureRequests] } : undefined,
);

/** Where people sign out of the provider itself; not every provider has it. */
const endSessionEndpoint = provider.serverMetadata().end_session_endpoint;
/** Chrome holds the redirects after a form against this, too: signing out leads from a form here to the provider. */
const formTargets = ["'self'", ...(endSessionEndpoint ? [new URL(endSessionEndpoint).origin] : [])].join(' ');

/** Session id -> { requests: Map of state -> request in flight, tokens, userInfo }. */
const sessions = new Map();

// One request made ahead, for a link that can be printed and clicked, any number of times. Only a demonstration may
// do so: elsewhere a request belongs to one browser's session and is used once, as /sign-in does it.
const exampleRequest = await newRequest();

const routes = {
  'GET /': showHome,
  'GET /sign-in': signIn,
  'GET /callback': finishSignIn,
  'POST /refresh': refresh,
  'POST /sign-out': signOut,
  'POST /sign-out-here': signOutHere,
  'GET /signed-out': (_, response) => sendPage(response, 200, signedOutPage()),
  'GET /example-request': (_, response) => send(response, 200, 'text/plain', exampleRequest.url.href),
  'GET /style.css': (_, response) => send(response, 200, 'text/css', stylesheet),
};

createServer(async (request, response) => {
  const url = new URL(request.url, origin);
  const route = routes[`${request.method} ${url.pathname}`];
  if (!route) return sendPage(response, 404, errorPage('There is nothing here.'));
  try {
    await route(request, response, url);
  } catch (error) {
    // What the provider answered belongs to the person who develops this app, so it is shown as it is.
    const details = [error.error, error.error_description, error.cause?.message].filter(Boolean).join(': ');
    sendPage(response, 400, errorPage(error.message, details));
  }
}).listen(Number(PORT), 'localhost', () => console.log(`Example app: ${origin}`));

function showHome(request, response) {
  const { tokens, userInfo } = sessionOf(request, response);
  const page = tokens ? signedInPage(ISSUER, tokens, userInfo) : welcomePage(ISSUER);
  sendPage(response, 200, page);
}

async function signIn(request, response) {
  const session = sessionOf(request, response);
  const { state, ...authorization } = await newRequest();
  session.requests.set(state, authorization);
  redirect(response, authorization.url.href);
}

async function finishSignIn(request, response, url) {
  const session = sessionOf(request, response);
  const state = url.searchParams.get('state');
  const started = state === exampleRequest.state ? exampleRequest : session.requests.get(state);
  if (!started) throw new Error('This browser started no such sign-in, or finished it already.');
  session.requests.delete(state);

  // Checks state, issuer, the ID token's signature and claims, and the nonce.
  const tokens = await oidc.authorizationCodeGrant(provider, url, {
    expectedState: state,
    expectedNonce: started.nonce,
    pkceCodeVerifier: started.codeVerifier,
    idTokenExpected: true,
  });
  session.tokens = { ...tokens, claims: tokens.claims() };
  session.userInfo = await oidc.fetchUserInfo(provider, tokens.access_token, session.tokens.claims.sub);
  redirect(response, '/');
}

async function refresh(request, response) {
  const session = sessionOf(request, response);
  if (session.tokens?.refresh_token) {
    const { claims, ...before } = session.tokens;
    const tokens = await oidc.refreshTokenGrant(provider, before.refresh_token);
    session.tokens = { ...before, ...tokens, claims: tokens.claims() ?? claims, refreshedAt: new Date() };
    session.userInfo = await oidc.fetchUserInfo(provider, tokens.access_token, session.tokens.claims.sub);
  }
  redirect(response, '/');
}

/** Signs out of this app, then of the provider and what else was signed in to through it (RP-Initiated Logout). */
function signOut(request, response) {
  const idToken = sessions.get(sessionId(request))?.tokens?.id_token;
  sessions.delete(sessionId(request));
  if (!endSessionEndpoint || !idToken) return redirect(response, '/signed-out');
  const url = oidc.buildEndSessionUrl(provider, {
    // Says whose session is meant, and that it is this app that asks; so the provider need not ask the person.
    id_token_hint: idToken,
    post_logout_redirect_uri: postLogoutRedirectUri,
  });
  redirect(response, url.href);
}

function signOutHere(request, response) {
  sessions.delete(sessionId(request));
  redirect(response, '/signed-out');
}

async function newRequest() {
  const codeVerifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(provider, {
    redirect_uri: redirectUri,
    scope: 'openid profile email offline_access',
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  return { url, state, nonce, codeVerifier };
}

function sessionOf(request, response) {
  const known = sessions.get(sessionId(request));
  if (known) return known;
  const id = randomUUID();
  const session = { requests: new Map() };
  sessions.set(id, session);
  response.setHeader('Set-Cookie', `example_app=${id}; Path=/; HttpOnly; SameSite=Lax`);
  return session;
}

function sessionId(request) {
  return /(?:^|; )example_app=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
}

function sendPage(response, status, html) {
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'self'; form-action ${formTargets}; base-uri 'none'; frame-ancestors 'none'`,
  );
  send(response, status, 'text/html', html);
}

function send(response, status, type, body) {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' }).end(body);
}

function redirect(response, location) {
  response.writeHead(303, { Location: location }).end();
}
