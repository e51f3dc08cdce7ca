/** That an answer comes after its flush, as the system saw it: a store that never flushes passes every other test, up to the first power cut. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildChildren } from "../../../test/fixtures/storage-children.ts";

const canTrace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;
if (!canTrace) console.log("Not tested, for it takes strace: a flush before every answer.");

/**
 * The calls that matter, a letter each: `f` for a flush that succeeded, `r` for a root written through the descriptor that flushes by itself,
 * `a` for an answer.
 */
const callsIn = (trace: string): string => {
  const flushing = /data\.mdb", O_WRONLY\|O_DSYNC\S* = (\d+)/gu;
  const descriptors = new Set([...trace.matchAll(flushing)].map(([, descriptor]) => descriptor));
  return trace
    .split("\n")
    .map((line) => {
      if (/fdatasync(?:\(.*| resumed>.*)\) += 0$/u.test(line)) return "f";
      const [, descriptor] = /pwrite64\((\d+)/u.exec(line) ?? [];
      if (descriptor !== undefined && descriptors.has(descriptor)) return "r";
      return /write\(1, "acknowledged/u.test(line) ? "a" : "";
    })
    .join("");
};

test.runIf(canTrace)(
  "a write is flushed, and its root, before it is answered",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "syncline-flush-"));
    const children = await buildChildren();
    const file = join(folder, "trace");
    const calls = "trace=openat,pwrite64,write,fdatasync";

    const { lines } = await children
      .start(["step", join(folder, "data"), "5"], ["strace", "-f", "-e", calls, "-o", file])
      .end();

    expect(lines).toHaveLength(5);
    expect(callsIn(await readFile(file, "utf8"))).toMatch(/^(?:f+r)+a(?:(?:f+r)+a){4}$/u);
    await children.remove();
    await rm(folder, { recursive: true });
  },
  60_000,
);
