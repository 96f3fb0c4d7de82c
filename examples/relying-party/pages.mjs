// The example app's pages. Everything that comes from outside is escaped where it is put in.

export const stylesheet = `
:root { color-scheme: light dark; --line: light-dark(#d8dce3, #3a3f4a); --soft: light-dark(#5a6272, #a3abba);
  --panel: light-dark(#ffffff, #1d2129); --accent: light-dark(#1a56c4, #8ab4ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 2.5rem 1.25rem; background: light-dark(#f5f6f8, #14171c);
  font: 1rem/1.55 system-ui, sans-serif; }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.05rem; }
p { margin: .5rem 0; color: var(--soft); }
dl { display: grid; grid-template-columns: 12rem 1fr; margin: 0; padding: .25rem 1rem;
  background: var(--panel); border: 1px solid var(--line); border-radius: .6rem; }
dt, dd { margin: 0; padding: .45rem 0; border-top: 1px solid var(--line); }
dt:first-of-type, dd:first-of-type { border-top: 0; }
dt { padding-right: 1rem; color: var(--soft); }
dd { font-family: ui-monospace, monospace; font-size: .9rem; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.5rem 0; }
form { margin: 0; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; } dd { border-top: 0; padding-top: 0; } }
a.button, button { display: inline-block; padding: .55rem 1.1rem; border: 1px solid var(--accent); border-radius: .5rem;
  background: transparent; color: var(--accent); font: inherit; text-decoration: none; cursor: pointer; }
a.primary { background: var(--accent); color: light-dark(#fff, #10131a); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

export function welcomePage(issuer) {
  return page('Example app', html`
    <h1>Example app</h1>
    <p>You are not signed in. This app leaves that to ${issuer}.</p>
    <nav><a class="button primary" href="/sign-in">Sign in</a></nav>`);
}

export function signedInPage(issuer, tokens, userInfo) {
  const { claims } = tokens;
  return page('Signed in', html`
    <h1>Hello, ${claims.name ?? userInfo.name ?? claims.sub}</h1>
    <p>${issuer} says who you are.${tokens.refreshedAt ? ` Refreshed at ${tokens.refreshedAt.toISOString()}.` : ''}</p>
    <nav>
      <a class="button" href="/sign-in">Sign in again</a>
      ${tokens.refresh_token ? button('/refresh', 'Refresh tokens') : ''}
      ${button('/sign-out', 'Sign out')}
      ${button('/sign-out-here', 'Sign out of this app only')}
    </nav>
    <h2>ID token</h2>
    ${table(claims)}
    <h2>UserInfo</h2>
    ${table(userInfo)}
    <h2>Token response</h2>
    ${table({
      token_type: tokens.token_type,
      expires_in: tokens.expires_in,
      scope: tokens.scope,
      access_token: shortened(tokens.access_token),
      refresh_token: shortened(tokens.refresh_token),
    })}`);
}

export function signedOutPage() {
  return page('Signed out', html`
    <h1>You are signed out</h1>
    <p>This app has forgotten you and its tokens.</p>
    <nav><a class="button primary" href="/sign-in">Sign in</a></nav>`);
}

export function errorPage(message, details) {
  return page('That did not work', html`
    <h1>That did not work</h1>
    <p>${message}</p>
    ${details ? html`<p>${details}</p>` : ''}
    <nav><a class="button" href="/">Back to the start</a></nav>`);
}

function page(title, body) {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <link rel="stylesheet" href="/style.css">
</head>
<body><main>${body}</main></body>
</html>`.text;
}

function table(values) {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return html`<dl>${known.map(([name, value]) => html`<dt>${name}</dt><dd>${shown(name, value)}</dd>`)}</dl>`;
}

function button(action, label) {
  return html`<form method="post" action="${action}"><button>${label}</button></form>`;
}

function shown(name, value) {
  const isTime = ['iat', 'exp', 'nbf', 'auth_time', 'updated_at'].includes(name) && Number.isFinite(value);
  if (isTime) return `${value} (${new Date(value * 1000).toISOString()})`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Enough of a token to see that it changed. */
function shortened(token) {
  return token && `${token.slice(0, 12)}… (${token.length} characters)`;
}

/** Marks text that is HTML already; `html` escapes everything else that is put into it. */
class Html {
  constructor(text) {
    this.text = text;
  }
}

function html(strings, ...values) {
  return new Html(String.raw({ raw: strings }, ...values.map(escaped)));
}

function escaped(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escaped).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
