// Operators who are people, and their pages.

import { startLimen } from "../../support/limen.mjs";
import { operator } from "../../console/support.mjs";

/** A page of the console as an operator gets it, somebody without a session, somebody without a role, and where there is none. */
async function pages({ op, browser, person }, pathOf) {
  const path = pathOf(person);
  const off = await startLimen({ vars: { CONSOLE: "off" } });
  const owner = await operator(op, "owner");
  return [await owner.browser.fetch(path), await op.fetch(path), await browser.fetch(path), await off.fetch(path)];
}

export const CONSOLE = {
  listOperators: async ({ op }) => [await op.admin("/admin/api/operators?limit=1"), await op.admin("/admin/api/operators?role=x")],
  setOperatorRoles: async ({ op }) => {
    const ada = await op.person();
    const set = (of, roles) => op.admin(`/admin/api/operators/${of}`, { method: "PUT", json: { roles } });
    const crowded = await startLimen();
    const { id: late } = await crowded.person();
    await crowded.rows("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO users (id, username, claims, created_at, updated_at) SELECT 'o' || i, 'o' || i, '{}', 0, 0 FROM n");
    await crowded.rows("INSERT INTO operators (user_id, roles, granted_at) SELECT id, '[]', 0 FROM users WHERE id LIKE 'o%'");
    const full = await crowded.admin(`/admin/api/operators/${late}`, { method: "PUT", json: { roles: ["owner"] } });
    return [await set(ada.id, ["people"]), await set(ada.id, []), await set("nothing", ["owner"]), full];
  },
  removeOperator: async ({ op }) => {
    const { id } = await op.person();
    const remove = () => op.admin(`/admin/api/operators/${id}`, { method: "DELETE" });
    await op.admin(`/admin/api/operators/${id}`, { method: "PUT", json: { roles: ["owner"] } });
    return [await remove(), await remove()];
  },
  console: (stage) => pages(stage, () => "/admin"),
  consolePeople: async (stage) => [
    ...(await pages(stage, () => "/admin/people")),
    await (await operator(stage.op, "owner")).browser.fetch("/admin/people?x=1"),
  ],
  consolePerson: (stage) => pages(stage, ({ id }) => `/admin/people/${id}`),
  changeConsolePerson: async ({ op }) => {
    const [owner, ada] = [await operator(op, "owner"), await op.person()];
    const off = await startLimen({ vars: { CONSOLE: "off" } });
    const closed = off.browser();
    await closed.signIn(await closed.open("/account"), await off.person());
    return [
      await owner.act(ada, { do: "lock" }),
      await owner.act(ada, { do: "link" }),
      await owner.act(ada, { do: "nothing" }),
      await owner.act(ada, { do: "lock" }, { csrf: "x" }),
      await closed.fetch(`/admin/people/${ada.id}`, { form: { csrf: /name="csrf" value="([^"]+)"/.exec((await closed.open("/account/profile")).html)[1] } }),
    ];
  },
};
