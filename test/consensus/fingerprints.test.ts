/** A seed is the same run here and in a browser page. `UPDATE_TRACES=1` writes the numbers anew. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { stories } from "./fingerprints.ts";

const path = `${import.meta.dirname}/fingerprints.json`;

test("runs of Raft, CASPaxos and Paxos are what they were", { timeout: 60_000 }, () => {
  const fingerprints = Object.fromEntries(stories.map(([name, tell]) => [name, tell()]));
  if (process.env["UPDATE_TRACES"] === "1" || !existsSync(path)) {
    writeFileSync(path, `${JSON.stringify(fingerprints, null, 2)}\n`);
  }

  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(fingerprints);
});
