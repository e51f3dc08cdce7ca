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
 * The calls that matter, a letter each: `f` for a flush of the tree that succeeded, `r` for its root and `l` for a record of the log, written through descriptors
 * that flush by themselves, `a` for an answer.
 */
const callsIn = (trace: string): string => {
  const descriptorsOf = (name: string, access: string): Set<string | undefined> => {
    const opened = new RegExp(
      `${name}", ${access}\\|[A-Z_|]*O_DSYNC\\S*(?:, 0\\d+\\))? += (\\d+)`,
      "gu",
    );
    return new Set([...trace.matchAll(opened)].map(([, descriptor]) => descriptor));
  };
  const roots = descriptorsOf("data\\.mdb", "O_WRONLY");
  const logs = descriptorsOf("log-[01]", "O_RDWR");
  return trace
    .split("\n")
    .map((line) => {
      if (/fdatasync(?:\(.*| resumed>.*)\) += 0$/u.test(line)) return "f";
      const [, descriptor] = /pwrite64\((\d+)/u.exec(line) ?? [];
      if (descriptor !== undefined && roots.has(descriptor)) return "r";
      if (descriptor !== undefined && logs.has(descriptor)) return "l";
      return /write\(1, "acknowledged/u.test(line) ? "a" : "";
    })
    .join("");
};

test.runIf(canTrace)(
  "a write is in the flushed log before it is answered, and at the end in the flushed tree",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "syncline-flush-"));
    const children = await buildChildren();
    const file = join(folder, "trace");
    const calls = "trace=openat,pwrite64,write,fdatasync";

    const { lines } = await children
      .start(["step", join(folder, "data"), "5"], ["strace", "-f", "-e", calls, "-o", file])
      .end();

    expect(lines).toHaveLength(5);
    expect(callsIn(await readFile(file, "utf8"))).toMatch(/rll?a(?:la){4}(?:f+r)+$/u);
    await children.remove();
    await rm(folder, { recursive: true });
  },
  60_000,
);
