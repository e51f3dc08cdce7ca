import { createSessions, encodeSessionCommand, type RaftOutput } from "@syncline/consensus/raft";
import { describe, expect, test } from "vitest";
import { joinCommands } from "./commands.ts";
import { createProposals, type Outcome, type Proposals } from "./proposals.ts";
import { createRegisters, encodeRegisterCommand } from "./register.ts";

interface World {
  readonly proposals: Proposals;
  readonly outcomes: Outcome[];
  /** Begins a request with so many who wait. */
  readonly ask: (count: number) => number;
}

const startWorld = (): World => {
  const outcomes: Outcome[] = [];
  const proposals = createProposals(createSessions(createRegisters(), 1000));
  return {
    proposals,
    outcomes,
    ask: (count) =>
      proposals.begin(Array.from({ length: count }, () => (outcome) => outcomes.push(outcome))),
  };
};

const open = joinCommands([
  { data: encodeSessionCommand({ kind: "open", timeMs: 0 }), isAlone: true },
]);

const claim = (number: number, owner: string): { data: Uint8Array; isAlone: boolean } => {
  const value = Buffer.from(owner);
  const command = encodeRegisterCommand({ kind: "claim", key: "seat", value });
  const call = { kind: "call", timeMs: 0, session: 1, number, doneNumber: 0, command } as const;
  return { data: encodeSessionCommand(call), isAlone: false };
};

const apply = (index: number, term: number, data: Uint8Array): RaftOutput => ({
  kind: "apply",
  entries: [{ index, term, kind: "command", data }],
});

const resultOf = (outcome: Outcome | undefined): string | null =>
  outcome?.kind === "applied" && outcome.result.kind === "done"
    ? Buffer.from(outcome.result.result).toString()
    : null;

describe("those who wait", () => {
  test("for the commands of one entry are each told of their own", () => {
    const { proposals, outcomes, ask } = startWorld();
    proposals.take(apply(1, 1, open));
    const token = ask(2);

    proposals.take({ kind: "accepted", token, index: 2, term: 1 });
    expect(outcomes).toEqual([]);
    proposals.take(apply(2, 1, joinCommands([claim(1, "ann"), claim(2, "bob")])));

    expect(outcomes.map(resultOf)).toEqual(["ann", "ann"]);
  });

  test("are told that another entry has their place", () => {
    const { proposals, outcomes, ask } = startWorld();
    proposals.take({ kind: "accepted", token: ask(2), index: 1, term: 1 });

    proposals.take(apply(1, 2, open));

    expect(outcomes).toEqual([
      { kind: "refused", reason: "overwritten", leader: null },
      { kind: "refused", reason: "overwritten", leader: null },
    ]);
  });

  test("hear that nothing is known when their place is filled again, or a snapshot has passed it", () => {
    const { proposals, outcomes, ask } = startWorld();
    proposals.take({ kind: "accepted", token: ask(1), index: 1, term: 1 });

    proposals.take({ kind: "accepted", token: ask(1), index: 1, term: 3 });
    expect(outcomes).toEqual([{ kind: "unknown" }]);
    proposals.abandon();

    expect(outcomes).toEqual([{ kind: "unknown" }, { kind: "unknown" }]);
  });

  test("are all refused with the name of the leader", () => {
    const { proposals, outcomes, ask } = startWorld();

    proposals.take({ kind: "refused", token: ask(2), reason: "not-leader", leader: "b@12" });

    const refusal = { kind: "refused", reason: "not-leader", leader: "b" };
    expect(outcomes).toEqual([refusal, refusal]);
  });

  test("for a change of the members are told when it is committed", () => {
    const { proposals, outcomes, ask } = startWorld();
    const configuration = {
      voters: ["a@1"],
      outgoing: [],
      learners: [],
      learnersNext: [],
      isLeavingByItself: false,
    };
    proposals.take({ kind: "accepted", token: ask(1), index: 1, term: 1 });

    proposals.take({
      kind: "apply",
      entries: [{ index: 1, term: 1, kind: "configuration", configuration }],
    });

    expect(outcomes).toEqual([{ kind: "changed" }]);
  });
});
