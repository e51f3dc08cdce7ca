/** What failed once holds. */
import { expect, test } from "vitest";
import { raftRegressions } from "./raft-regressions.ts";
import { drawRaftStory, tellRaftStory } from "./raft-run.ts";

test.each(raftRegressions)("seed $seed holds: $was", { timeout: 60_000 }, ({ seed }) => {
  expect(tellRaftStory(drawRaftStory(seed)).failure).toBeNull();
});
