// Reads the forms of a page as a browser would, without running scripts.

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", "#39": "'", "#x27": "'" };

/** Undoes HTML escaping. */
export function decodeEntities(text) {
  return text.replace(/&(#x[0-9a-f]+|#[0-9]+|[a-z]+);/gi, (whole, name) => {
    if (/^#x/i.test(name)) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith("#")) return String.fromCodePoint(Number.parseInt(name.slice(1), 10));
    return ENTITIES[name.toLowerCase()] ?? whole;
  });
}

/** The text that a person reads. */
export function visibleText(html) {
  const bare = html.replace(/<(script|style|head)\b.*?<\/\1>/gis, " ").replace(/<[^>]*>/g, " ");
  return decodeEntities(bare).replace(/\s+/g, " ").trim();
}

/** Every form with its controls: `{action, method, controls: [{tag, type, name, value, id, ...}]}`. */
export function parseForms(html) {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)].map(([, head, body]) => {
    const { action = "", method = "get", ...rest } = attributes(head);
    return { ...rest, action, method: method.toLowerCase(), controls: controls(body) };
  });
}

/** The elements of one kind, as their attributes. */
export function elements(html, tag) {
  return [...html.matchAll(new RegExp(`<${tag}\\b([^>]*)>`, "gi"))].map(([, head]) => attributes(head));
}

function controls(html) {
  return [...html.matchAll(/<(input|button|select|textarea)\b([^>]*)>/gis)].map(([, tag, head]) => {
    const found = attributes(head);
    const fallback = tag.toLowerCase() === "button" ? "submit" : "text";
    return { tag: tag.toLowerCase(), type: fallback, value: "", ...found };
  });
}

function attributes(head) {
  const pairs = [...head.matchAll(/([^\s"'=<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g)];
  return Object.fromEntries(pairs.map(([, name, a, b, c]) => [name.toLowerCase(), decodeEntities(a ?? b ?? c ?? "")]));
}
