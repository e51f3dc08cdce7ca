/** A read is answered or refused, whatever it waits for when its leader loses the office. */
import { expect, test } from "vitest";
import { configurationOf } from "./configuration.ts";
import type { SnapshotMeta } from "./messages.ts";
import type { RaftOutput, RaftRecord, RaftRow } from "./protocol.ts";
import { createRaft } from "./raft.ts";
import type { RaftEffect } from "./state.ts";

const snapshot: SnapshotMeta = {
  id: "a/3",
  last: { index: 3, term: 2 },
  configuration: configurationOf(["a"]),
  configurationIndex: 0,
  sizeBytes: 1,
};

const disk: readonly RaftRecord[] = [
  { kind: "ballot", term: 2, vote: "a" },
  { kind: "base", base: snapshot.last },
  { kind: "snapshot", snapshot, isWhole: true },
];

/** Leads alone, and its disk has not read yet what its application is to be given of the snapshot. Gives what it tells the application. */
const restoringLeader = () => {
  const raft = createRaft({ self: "a", seed: 1, bootstrap: null });
  const outputs: RaftOutput[] = [];
  let tokenOfChunk = 0;
  const carryOut = (effects: readonly RaftEffect[]): void => {
    for (const effect of effects) {
      if (effect.kind === "persist") carryOut(effect.then);
      if (effect.kind === "submit") give({ kind: "submitted", request: effect.request });
      if (effect.kind === "deliver") outputs.push(effect.output);
      if (effect.kind === "load" && effect.query.kind === "chunk") tokenOfChunk = effect.token;
      if (effect.kind === "load" && effect.query.kind === "entries") {
        give({ kind: "loaded", token: effect.token, rows: [] });
      }
    }
  };
  const give = (input: Parameters<typeof raft.step>[0]): void => carryOut(raft.step(input, 10_000));
  carryOut(raft.recover(disk, 0));
  give({ kind: "submitted", request: { kind: "campaign" } });
  const restore = (): void => {
    const row: RaftRow = { kind: "chunk", offset: 0, bytes: Uint8Array.of(1) };
    give({ kind: "loaded", token: tokenOfChunk, rows: [row] });
  };
  return { raft, outputs, give, restore };
};

const answersOf = (outputs: readonly RaftOutput[]): readonly string[] =>
  outputs
    .filter((output) => output.kind === "readable" || output.kind === "refused")
    .map(({ kind, token }) => `${kind} ${token}`);

test("a read waits until the application has been given the snapshot", () => {
  const { raft, outputs, give, restore } = restoringLeader();
  expect(raft.state.role.kind).toBe("leader");

  give({ kind: "submitted", request: { kind: "read", token: 7 } });
  expect(answersOf(outputs)).toEqual([]);

  restore();
  expect(answersOf(outputs)).toEqual(["readable 7"]);
});

test("a read that waits for the application is refused when its leader loses the office", () => {
  const { raft, outputs, give, restore } = restoringLeader();
  give({ kind: "submitted", request: { kind: "read", token: 7 } });

  give({
    kind: "received",
    from: "b",
    message: { kind: "outdated", from: "b", to: "a", term: 9 },
  });
  expect(raft.state.role.kind).toBe("follower");
  expect(answersOf(outputs)).toEqual(["refused 7"]);

  restore();
  expect(answersOf(outputs)).toEqual(["refused 7"]);
});
