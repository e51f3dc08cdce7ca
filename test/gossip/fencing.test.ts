/** Folds in order: what a home refuses by its epoch, and how the first home proposes folds and performs them. */
import {
  type Batch,
  createHome,
  type Fencing,
  type HomeRecord,
  recordOfRow,
  type SpaceMessage,
  writeOfRecord,
} from "@syncline/gossip";
import { describe, expect, test } from "vitest";
import { createLoneHome, type LoneHome } from "./lone-home.ts";

const A = "aaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbb";
const C = "cccccccccccccccc";
const EDGE = "00000000000000ee";

/** A payload here is four bytes: its epoch, the last that it proposes, whether it asks, whether it is whole. */
const fencing: Fencing = {
  fenceOf: ({ payload: [epoch = 0, proposedEpoch = 0, asking = 0, whole = 0] }) =>
    epoch + proposedEpoch + asking === 0
      ? null
      : { epoch, proposedEpoch, isAsking: asking === 1, isWhole: whole === 1 },
  performing: (epoch) => Uint8Array.of(epoch, epoch, 0, 0),
  epochsAdmitted: 2,
};

const batchOf = (...payload: readonly number[]): Batch => ({
  document: "x",
  type: "set",
  payload: Uint8Array.from(payload),
});
const asking = batchOf(0, 0, 1, 0);

const homeOf = (...others: readonly string[]): LoneHome => createLoneHome(others, {}, A, fencing);

let lastNumber = 0;

const submit = (alone: LoneHome, ...batches: readonly Batch[]): readonly string[] => {
  if (!alone.home.state.sessions.has("e")) {
    lastNumber = 0;
    alone.runtime.received("e", { kind: "join", edge: EDGE, vector: new Map() });
  }
  const firstNumber = lastNumber + 1;
  lastNumber += batches.length;
  alone.runtime.received("e", { kind: "submit", firstNumber, batches });
  const said = alone.take("e");
  return said.flatMap((message) => (message.kind === "refused" ? [message.code] : []));
};

const meet = (
  alone: LoneHome,
  home: string,
  incarnation: string,
  vector: readonly (readonly [string, number])[] = [],
): void => {
  alone.runtime.submitted({ kind: "connected", home });
  const hello: SpaceMessage = {
    kind: "hello",
    incarnation,
    vector: new Map(vector),
    round: alone.home.state.round.number,
    isReply: true,
  };
  alone.runtime.received(home, hello);
};

const store = (alone: LoneHome, home: string, ...vector: readonly (readonly [string, number])[]) =>
  alone.runtime.received(home, { kind: "stored", vector: new Map(vector) });

/** Answers what was to be merged, if anything was; returns whether it was. */
const compact = (alone: LoneHome, proposal: Batch | null): boolean => {
  const at = alone.outputs.findIndex(({ kind }) => kind === "compact");
  if (at < 0) return false;
  alone.outputs.splice(at, 1);
  const payload = Uint8Array.of(1);
  alone.runtime.submitted({
    kind: "compacted",
    document: "x",
    payload,
    proposal: proposal?.payload ?? null,
  });
  return true;
};

const fenceOf = (alone: LoneHome) => alone.home.state.documents.get("x")?.fence ?? null;

describe("a home refuses", () => {
  test("what is of too old an epoch, or of one that it knows nothing of", () => {
    const alone = homeOf();
    expect(submit(alone, batchOf(0, 0, 0, 0), batchOf(5, 5, 0, 1))).toEqual([]);

    expect(submit(alone, batchOf(2, 2, 0, 0))).toEqual(["BELOW_FENCE"]);
    expect(submit(alone, batchOf(0, 0, 0, 0))).toEqual(["BELOW_FENCE"]);
    expect(submit(alone, batchOf(6, 6, 0, 0))).toEqual(["ABOVE_FENCE"]);
    expect(submit(alone, batchOf(3, 3, 0, 0), batchOf(5, 5, 0, 0))).toEqual([]);
  });

  test("proposals of edges", () => {
    const alone = homeOf();

    expect(submit(alone, batchOf(0, 1, 0, 0))).toEqual(["BAD_PAYLOAD"]);
    expect(submit(alone, batchOf(0, 1, 0, 1))).toEqual(["BAD_PAYLOAD"]);
  });

  test("proposals that an edge carries, and says so, since another home will not admit them either", () => {
    const alone = homeOf();
    submit(alone);
    alone.take("e");
    const from = { incarnation: B, number: 1 };
    const batches = [
      { ...from, batch: batchOf(0, 1, 0, 0) },
      { incarnation: B, number: 2, batch: batchOf(0, 0, 0, 0) },
    ];
    alone.runtime.received("e", { kind: "carry", batches });

    const said = alone.take("e").filter(({ kind }) => kind === "carried");
    expect(said).toEqual([
      { kind: "carried", from, to: null },
      {
        kind: "carried",
        from: { incarnation: B, number: 2 },
        to: { incarnation: A, number: 1 },
      },
    ]);
  });

  test("nothing that it has admitted before, though it is too old by now", () => {
    const alone = homeOf();
    submit(alone, batchOf(0, 0, 0, 0));
    submit(alone, batchOf(5, 5, 0, 1));
    alone.runtime.received("e", {
      kind: "submit",
      firstNumber: 1,
      batches: [batchOf(0, 0, 0, 0)],
    });

    expect(alone.take("e").map(({ kind }) => kind)).toEqual(["admitted"]);
  });

  test("the same after a restart", () => {
    const prefix = Uint8Array.of(1);
    const fence = { epoch: 5, proposedEpoch: 7, isAsking: true };
    const head = { document: "x", type: "set", stateBytes: 3, entryBytes: 4, fence };
    const record: HomeRecord = { kind: "document", head };
    const { key, value } = writeOfRecord(prefix, record);
    const config = { home: "a", incarnation: A, others: [], writeQuorum: 1, readQuorum: 1 };
    const home = createHome(config, {}, fencing);

    expect(recordOfRow(prefix, key, value!)).toEqual(record);
    home.recover([record], 0);
    home.step(
      {
        kind: "received",
        from: "e",
        message: { kind: "join", edge: EDGE, vector: new Map() },
      },
      0,
    );
    const batches = [batchOf(2, 2, 0, 0), batchOf(7, 7, 0, 0)];
    const effects = home.step(
      { kind: "received", from: "e", message: { kind: "submit", firstNumber: 1, batches } },
      0,
    );

    const said = effects.flatMap((effect) => (effect.kind === "send" ? [effect.message] : []));
    expect(said).toEqual([expect.objectContaining({ kind: "refused", number: 1 })]);
    expect(home.state.documents.get("x")?.fence?.epoch).toBe(7);
  });

  test("rows of before there were folds are read", () => {
    const prefix = Uint8Array.of(1);
    const head = { document: "x", type: "set", stateBytes: 3, entryBytes: 4, fence: null };
    const { key, value } = writeOfRecord(prefix, { kind: "document", head });

    expect(value!.length).toBe(6);
    expect(recordOfRow(prefix, key, value!)).toEqual({ kind: "document", head });
  });
});

describe("the first home", () => {
  test("alone, proposes what is asked and performs it at once", () => {
    const alone = homeOf();
    submit(alone, asking);
    expect(compact(alone, batchOf(0, 2, 0, 0))).toBe(true);
    expect(fenceOf(alone)).toMatchObject({ epoch: 2, proposedEpoch: 2 });

    // Once more: whatever else is asked for, and the merged state with the folds in it.
    expect(compact(alone, null)).toBe(true);
    expect(fenceOf(alone)).toEqual({ epoch: 2, proposedEpoch: 2, isAsking: false });
    compact(alone, null);
    expect(compact(alone, null)).toBe(false);
  });

  test("proposes when it was in step with every other, and performs when every disk has the proposal", () => {
    const alone = homeOf("b", "c");
    submit(alone, asking);
    meet(alone, "b", B, [[A, 1]]);
    expect(compact(alone, null)).toBe(false);
    meet(alone, "c", C);
    expect(compact(alone, batchOf(0, 1, 0, 0))).toBe(true);
    expect(fenceOf(alone)).toMatchObject({ epoch: 0, proposedEpoch: 1 });

    store(alone, "b", [A, 2]);
    expect(fenceOf(alone)).toMatchObject({ epoch: 0 });
    store(alone, "c", [A, 2]);
    expect(fenceOf(alone)).toMatchObject({ epoch: 1 });
  });

  test("performs only what comes after all that the others had by then", () => {
    const alone = homeOf("b");
    submit(alone, asking);
    meet(alone, "b", B, [[A, 1]]);
    compact(alone, batchOf(0, 1, 0, 0));
    store(alone, "b", [A, 2], [B, 1]);
    expect(fenceOf(alone)).toMatchObject({ epoch: 0 });

    const entry = { incarnation: B, number: 1, batch: batchOf(0, 0, 0, 0), author: null };
    alone.runtime.received("b", { kind: "replicate", entries: [{ ...entry, after: new Map() }] });
    expect(fenceOf(alone)).toMatchObject({ epoch: 1 });
  });

  // It waited for ever for what only the lost disk had had, with the ends of before; a fold of seed 89,685 was never performed.
  test("waits for nothing that was on a lost disk alone, and for the proposal on the one in its place", () => {
    const alone = homeOf("b");
    submit(alone, asking);
    meet(alone, "b", B, [[A, 1]]);
    compact(alone, batchOf(0, 1, 0, 0));
    store(alone, "b", [A, 2], [B, 1]);
    meet(alone, "b", C);
    expect(fenceOf(alone)).toMatchObject({ epoch: 0, proposedEpoch: 1 });

    store(alone, "b", [A, 1]);
    expect(fenceOf(alone)).toMatchObject({ epoch: 0 });
    store(alone, "b", [A, 2]);
    expect(fenceOf(alone)).toMatchObject({ epoch: 1 });
  });

  // It performed the fold while the disk in the lost one's place did not have the proposal.
  test("performs nothing when what a lost disk had comes from a third home, before the proposal is on the one in its place", () => {
    const alone = homeOf("b", "c");
    const fresh = "dddddddddddddddd";
    submit(alone, asking);
    meet(alone, "b", B, [[A, 1]]);
    meet(alone, "c", C, [[A, 1]]);
    compact(alone, batchOf(0, 1, 0, 0));
    store(alone, "c", [A, 2]);
    store(alone, "b", [A, 2], [B, 1]);
    meet(alone, "b", fresh);
    meet(alone, "c", C, [
      [A, 2],
      [B, 1],
    ]);

    const { number } = alone.home.state.pull!;
    const entry = { incarnation: B, number: 1, batch: batchOf(0, 0, 0, 0), author: null };
    const entries = [{ ...entry, after: new Map() }];
    const rest = { states: [], edges: [], isLast: true, vector: new Map([[B, 1]]) };
    alone.runtime.received("c", { kind: "fill", number, entries, ...rest });
    expect(alone.home.state.durable.get(B)).toBe(1);
    expect(fenceOf(alone)).toMatchObject({ epoch: 0, proposedEpoch: 1 });

    store(alone, "b", [A, 2]);
    expect(fenceOf(alone)).toMatchObject({ epoch: 1 });
  });

  test("that lost its disk performs what it had proposed, and proposes nothing else", () => {
    const alone = createLoneHome(["b", "c"], {}, "dddddddddddddddd", fencing);
    submit(alone, asking);
    meet(alone, "b", B, [["dddddddddddddddd", 1]]);
    meet(alone, "c", C, [
      ["dddddddddddddddd", 1],
      [A, 2],
    ]);
    // It lacks what the third home has of its former life.
    expect(compact(alone, batchOf(0, 9, 0, 0))).toBe(false);
    const { number } = alone.home.state.pull!;
    const entries = [asking, batchOf(0, 1, 0, 0)].map((batch, index) => ({
      incarnation: A,
      number: index + 1,
      batch,
      author: null,
      after: new Map(),
    }));
    const vector = new Map([[A, 2]]);
    const rest = { states: [], edges: [], isLast: true, vector };
    alone.runtime.received("c", { kind: "fill", number, entries, ...rest });
    expect(compact(alone, batchOf(0, 9, 0, 0))).toBe(false);
    expect(fenceOf(alone)).toMatchObject({ epoch: 0, proposedEpoch: 1 });

    store(alone, "b", [A, 2]);
    expect(fenceOf(alone)).toMatchObject({ epoch: 1, proposedEpoch: 1 });
  });

  test("is the one with the smallest name: another proposes and performs nothing", () => {
    const alone = homeOf("0");
    submit(alone, asking);
    meet(alone, "0", B, [[A, 1]]);

    expect(compact(alone, null)).toBe(false);
  });
});
