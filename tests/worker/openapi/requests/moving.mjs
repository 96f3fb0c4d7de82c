// A deployment moves, for operators.

export const MOVING = {
  exportDeployment: async ({ op }) => {
    const answers = [];
    for (const kind of ["group", "app", "api", "person", "credential", "terms", "memberships", "role", "operator", "consent"]) {
      answers.push(await op.admin(`/admin/api/export?after=${kind}:`));
    }
    return [await op.admin("/admin/api/export"), ...answers, await op.admin("/admin/api/export?after=nothing")];
  },
  importLines: async ({ op }) => {
    const take = (json) => op.admin("/admin/api/import", { json });
    const lines = [{ kind: "group", id: "moved", name: "Moved" }, { kind: "person", id: "moved" }];
    return [await take({ lines }), await take({ lines }), await take({ lines: [] })];
  },
};
