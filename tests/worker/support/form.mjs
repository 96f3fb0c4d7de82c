// Forms and queries.

/** `application/x-www-form-urlencoded`. A list is a parameter that stands more than once; `undefined` is left out. */
export function encodeForm(form) {
  if (typeof form === "string") return form;
  const pairs = Array.isArray(form) ? form : Object.entries(form);
  const each = pairs.flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return new URLSearchParams(each.filter(([, value]) => value !== undefined)).toString();
}
