/**
 * Loaded into every server before its own code: SIGUSR2 collects its garbage, so that what it holds can be told from what it has not thrown away.
 * Without the signal it does nothing.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  process.on("SIGUSR2", () => {
    if (typeof collect !== "function") return;
    collect();
    // What finalizers have let go of is free only after a second time.
    collect();
  });
}
