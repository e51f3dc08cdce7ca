/** While a leader may count on a node, that node votes for nobody (thesis, §6.4.1), also not in a term that it has come to otherwise (simulation seed 148). */
import { expect, test } from "vitest";
import { createStage } from "./stage.ts";

test("a node that an answer has brought to a later term does not vote there while it hears a leader", () => {
  const stage = createStage(["a", "b", "c"], { options: { leaseReads: { clockDriftMax: 0 } } });
  stage.wait(2000, "a", "b", "c");
  stage.ask("a", { kind: "campaign" });
  stage.play();
  expect(stage.player("b").raft.state.heardLeaderMs).toBe(2000);
  const { raft } = stage.player("b");

  // An answer to what b asked long ago comes late, from a later term.
  raft.step({ kind: "received", from: "c", message: answerOf("c", "b") }, 2100);
  expect(raft.state.term).toBe(7);
  const effects = raft.step(
    {
      kind: "received",
      from: "c",
      message: {
        kind: "vote",
        from: "c",
        to: "b",
        term: 7,
        last: { index: 9, term: 6 },
        isTransfer: false,
      },
    },
    2200,
  );

  expect(effects.filter(({ kind }) => kind === "persist")).toEqual([]);
  expect(raft.state.vote).toBeNull();
});

const answerOf = (from: string, to: string) =>
  ({ kind: "pre-vote-answer", from, to, term: 7, isGranted: false }) as const;
