// The CPU time that a process has used, as the operating system counts it (Linux).

import { readFileSync, readdirSync } from "node:fs";

/** Milliseconds of CPU that all threads of `pid` have used. */
export function cpuOf(pid) {
  return exactly(pid) ?? inTicks(pid);
}

/** Where the kernel tells it by the nanosecond. */
function exactly(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const used = threads.map((thread) => {
      const text = readFileSync(`/proc/${pid}/task/${thread}/sched`, "utf8");
      return Number(/se\.sum_exec_runtime\s*:\s*([\d.]+)/.exec(text)[1]);
    });
    return used.reduce((sum, one) => sum + one, 0);
  } catch {
    return undefined;
  }
}

function inTicks(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The children of this process that run `program`. */
export function childrenRunning(program) {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [, name, parent] = /\((.*)\) \S (\d+)/.exec(text);
      return name === program && Number(parent) === process.pid;
    } catch {
      return false;
    }
  });
}
