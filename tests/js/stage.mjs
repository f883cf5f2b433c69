// A clock of the tests' own, and a file of the pages run with it.
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

export function stage(file, names, world = {}) {
  const clock = { now: 0, due: [] };
  const text = readFileSync(new URL(`../../pages/shared/${file}`, import.meta.url), "utf-8");
  const parts = runInNewContext(`${text.replace("export default function", "function main")}; ({ ${names} })`, {
    performance: { now: () => clock.now },
    setTimeout: (call, ms = 0) => clock.due.push({ at: clock.now + Math.max(ms, 0), call }),
    ...world,
  });
  const until = async (time) => {
    for (;;) {
      await new Promise(setImmediate); // what waits for nothing goes on
      const next = clock.due.filter(({ at }) => at <= time).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      clock.due.splice(clock.due.indexOf(next), 1);
      clock.now = next.at;
      next.call();
    }
    clock.now = time;
  };
  return { ...parts, until };
}
