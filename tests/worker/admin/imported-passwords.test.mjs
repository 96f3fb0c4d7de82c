// People who come with the hash of a password that was made elsewhere, and passwords that strangers would try.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";

import { startLimen } from "../support/limen.mjs";

const op = await startLimen({ vars: { LEAKED_PASSWORDS: "on", SIGNUP: "open" } });
const client = await op.client();
const PASSWORD = "correct horse \u00e9";
let people = 0;

const create = (change) => op.admin("/admin/api/users", { json: { username: `moved-${++people}`, ...change } });
const stored = async (id) => (await op.rows("SELECT secret FROM credentials WHERE user_id = ?", id))[0].secret;

// Made by bcrypt, passlib, hashlib and Django in Python.
const HASHES = {
  bcrypt: "$2b$05$cqsU/ZYaOILLeHsKod9kb.qkWBJBSpM4a2qLSiSEx/AQpfa2bLW5i",
  "PBKDF2 of passlib": "$pbkdf2-sha256$1000$IyQkxFgLoXSuFSKEsLaWUg$H0cFfXbz9D9wMjSnqdpAcdD.jipuetIoBK/oE9rqeFQ",
  "PBKDF2 of Django": "pbkdf2_sha256$1000$saltsaltsalt$HpSbrkBrDWDAB9HrNXHZggikF+GO3Q6ksWrO0IeZG4M=",
  scrypt: "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$BgXswDBQAwNsps4yaptIChzC47BvN3aox/CCkCkSYi0",
  "argon2 of other cost": "$argon2id$v=19$m=256,t=1,p=2$lINqsM7X0mBeHMB0DVUb4g$u34JLNMvIBpG7nXS6oiI+wsKVn3LbDE4IcLs51TGF4Q",
};

describe("a hash that was made elsewhere", () => {
  for (const [what, password_hash] of Object.entries(HASHES)) {
    test(`${what}: signs in, and is Limen's own from then on`, async () => {
      const { id, username } = await (await create({ password_hash })).json();
      const refused = op.browser();
      const login = await refused.authorize(client);
      assert.ok((await refused.signIn(login, { username, password: "correct horse e" })).asksForPassword);
      assert.doesNotMatch(await stored(id), /m=19456/, "a wrong password changes nothing");
      assert.ok(await op.browser().obtain(client, { username, password: PASSWORD }));
      const own = await stored(id);
      assert.match(own, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      assert.ok(await op.browser().obtain(client, { username, password: PASSWORD }));
      assert.equal(await stored(id), own);
    });
  }

  test("can take the place of a password, which signs the person out", async () => {
    const ada = await op.person();
    const browser = op.browser();
    await browser.obtain(client, ada);
    const response = await op.admin(`/admin/api/users/${ada.id}`, { method: "PATCH", json: { password_hash: HASHES.bcrypt } });
    assert.equal(response.status, 200);
    assert.ok((await browser.open("/account")).asksForPassword);
    assert.ok(await op.browser().obtain(client, { ...ada, password: PASSWORD }));
  });

  const WRONG = {
    "that costs too much": "$2b$13$cqsU/ZYaOILLeHsKod9kb.qkWBJBSpM4a2qLSiSEx/AQpfa2bLW5i",
    "that takes more memory than there is": HASHES.scrypt.replace("ln=10", "ln=20"),
    "of an unknown kind": "$md5$abc",
    "that is a password": "password1234",
    "that is a number": 7,
  };
  for (const [what, password_hash] of Object.entries(WRONG)) {
    test(`${what} is refused by name`, async () => {
      const response = await create({ password_hash });
      assert.equal(response.status, 400);
      assert.match((await response.json()).error_description, /^password_hash /);
    });
  }

  test("beside a password is refused", async () => {
    assert.equal((await create({ password: "three random words", password_hash: HASHES.bcrypt })).status, 400);
  });
});

describe("a password that strangers would try", () => {
  for (const [password, why] of [
    ["Password2026", /commonest/],
    ["12345678", /commonest/],
    ["grace.hopper1", /own name/],
  ]) {
    test(`${password} is refused to operators with the reason`, async () => {
      const response = await create({ email: "grace.hopper@people.test", password });
      assert.equal(response.status, 400);
      assert.match((await response.json()).error_description, why);
    });
  }
});

describe("a published leak", () => {
  const hash = createHash("sha1").update("three random words").digest("hex").toUpperCase();
  const address = `https://api.pwnedpasswords.com/range/${hash.slice(0, 5)}`;

  test("refuses a password that stands in it, and is told no more than five digits", async () => {
    op.serve(address, { body: `00000:1\r\n${hash.slice(5)}:3\r\n` });
    const response = await create({ password: "three random words" });
    assert.equal(response.status, 400);
    assert.match((await response.json()).error_description, /published leak/);
    assert.ok(op.outbound.includes(address), op.outbound.join());
  });

  for (const [what, answer] of Object.entries({
    "does not name it": { body: "00000:1\r\n" },
    "pads with it": { body: `${hash.slice(5)}:0\r\n` },
    "cannot tell": { status: 503, body: "" },
    "goes on and on": { chunks: 5_000 },
  })) {
    test(`that ${what} takes it`, async () => {
      op.serve(address, answer);
      assert.equal((await create({ password: "three random words" })).status, 201);
    });
  }

  test("is told to a person who makes an account", async () => {
    op.serve(address, { body: `${hash.slice(5)}:3\r\n` });
    const browser = op.browser();
    const page = await browser.authorize(client, { prompt: "create" });
    const values = { name: "Nora", email: "nora@people.test", username: "nora-leaked", password: "three random words" };
    const refused = await browser.submit(page, "email", values);
    assert.equal(refused.status, 400);
    assert.match(refused.alert, /published leak/);
  });
});
