// APIs that a deployment knows, and resources that it does not.

export const FILES = "https://mcp.acme.test/files";
export const CALENDAR = "https://cal.acme.test";

export const RESOURCES = JSON.stringify({ [FILES]: "Acme Files", [CALENDAR]: "Acme Calendar" });

/** What is malformed, or unknown here. */
export const NOT_HERE = {
  "an unknown API": "https://unknown.acme.test",
  "a path below an API": `${FILES}/below`,
  "two slashes more": `${FILES}//`,
  "a query more": `${FILES}?a=b`,
  "another case of the path": FILES.toUpperCase().replace("HTTPS", "https"),
  "http for https": FILES.replace("https:", "http:"),
  "a user name before the host": FILES.replace("//", "//ada@"),
  "a fragment": `${FILES}#part`,
  "an empty fragment": `${FILES}#`,
  "a relative reference": "/files",
  "no scheme": "mcp.acme.test/files",
  "no URI": "Acme Files",
  "two in one": `${FILES} ${CALENDAR}`,
  "a line break at the end": `${FILES}\n`,
  "a backslash": FILES.replace("/files", "\\files"),
  "an international name that is not encoded": "https://mcp.\u0430cme.test/files",
  "markup": "https://<script>alert(1)</script>.acme.test",
  "the token endpoint": "https://id.limen.test/token",
  "the admin API, for which nobody issues tokens": "https://id.limen.test/admin/api/users",
  "a host that begins like the issuer": "https://id.limen.test.evil.test/userinfo",
};
