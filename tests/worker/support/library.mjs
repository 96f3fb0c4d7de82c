// Lets client libraries talk to the Worker under test through their own fetch hook.

const NULL_BODY = [204, 205, 304];

/** A `fetch` for `customFetch` of openid-client and oauth4webapi. */
export function fetchFor(op) {
  return async (url, { method, headers, body, signal } = {}) => {
    const response = await op.fetch(String(url), { method, headers, body: asText(body), signal });
    const content = NULL_BODY.includes(response.status) ? null : await response.arrayBuffer();
    return new Response(content, { status: response.status, headers: [...response.headers] });
  };
}

const asText = (body) => (body instanceof URLSearchParams ? body.toString() : (body ?? undefined));
