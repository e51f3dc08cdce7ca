/** What a home does not take, and what it does at its limits. */
import {
  type Batch,
  createEdge,
  createHome,
  type EdgeOutput,
  type SpaceMessage,
} from "@syncline/gossip";
import { describe, expect, test } from "vitest";
import { createLoneHome, type LoneHome } from "./lone-home.ts";

const batchOf = (document: string, sizeBytes = 10, type = "set"): Batch => ({
  document,
  type,
  payload: new Uint8Array(sizeBytes),
});

const edgeId = (index: number): string => index.toString(16).padStart(16, "0");

const join = (alone: LoneHome, edge: string, peer = edge): readonly SpaceMessage[] => {
  alone.runtime.received(peer, { kind: "join", edge, vector: new Map() });
  return alone.take(peer);
};

const submit = (
  alone: LoneHome,
  edge: string,
  firstNumber: number,
  ...batches: readonly Batch[]
): readonly SpaceMessage[] => {
  alone.runtime.received(edge, { kind: "submit", firstNumber, batches });
  return alone.take(edge);
};

const refusalsIn = (messages: readonly SpaceMessage[]): readonly (readonly [number, string])[] =>
  messages.flatMap((said) => (said.kind === "refused" ? [[said.number, said.code] as const] : []));

const shownIn = (messages: readonly SpaceMessage[]): readonly number[] =>
  messages
    .flatMap((said) =>
      said.kind === "update" ? said.entries.map(({ ownNumber }) => ownNumber) : [],
    )
    .filter((number) => number > 0);

describe("a home refuses", () => {
  test("a batch over the limit with TOO_LARGE, and takes those around it", () => {
    const alone = createLoneHome([], { batchBytesMax: 100 });
    join(alone, edgeId(1));

    const said = submit(alone, edgeId(1), 1, batchOf("x"), batchOf("x", 101), batchOf("x", 100));

    expect(refusalsIn(said)).toEqual([[2, "TOO_LARGE"]]);
    expect(shownIn(said)).toEqual([1, 3]);
  });

  test("nothing small to a document at its limit, since it may be what makes it smaller", () => {
    const config = {
      home: "a",
      incarnation: edgeId(10),
      others: [],
      writeQuorum: 1,
      readQuorum: 1,
    };
    const home = createHome(config, { documentBytesMax: 8192 });
    const head = { document: "x", type: "set", stateBytes: 8192, entryBytes: 0, fence: null };
    home.recover([{ kind: "document", head }], 0);
    home.step(
      {
        kind: "received",
        from: "e",
        message: { kind: "join", edge: edgeId(1), vector: new Map() },
      },
      0,
    );

    const batches = [batchOf("x", 3), batchOf("x", 2)];
    const message = { kind: "submit", firstNumber: 1, batches } as const;
    const effects = home.step({ kind: "received", from: "e", message }, 0);

    const said = effects.flatMap((effect) => (effect.kind === "send" ? [effect.message] : []));
    expect(refusalsIn(said)).toEqual([[1, "TOO_LARGE"]]);
    expect(home.state.accepted).toEqual(new Map([[edgeId(10), 1]]));
  });

  test("a document over the limit with TOO_LARGE", () => {
    const alone = createLoneHome([], { documentBytesMax: 100 });
    join(alone, edgeId(1));

    const said = submit(
      alone,
      edgeId(1),
      1,
      batchOf("x", 100),
      batchOf("x", 100),
      batchOf("x", 1),
      batchOf("y", 101),
    );

    expect(refusalsIn(said)).toEqual([
      [3, "TOO_LARGE"],
      [4, "TOO_LARGE"],
    ]);
  });

  test("another type of the same document with TYPE_MISMATCH", () => {
    const alone = createLoneHome();
    join(alone, edgeId(1));

    const said = submit(alone, edgeId(1), 1, batchOf("x"), batchOf("x", 10, "counter"));

    expect(refusalsIn(said)).toEqual([[2, "TYPE_MISMATCH"]]);
  });

  test.each([
    "",
    "a//b",
    "/a",
    "a/",
    "a\nb",
    "a\u0085b",
    "\ud800",
    "x".repeat(129),
    `${"x".repeat(120)}/`.repeat(9),
  ])("the name %j with BAD_NAME", (document) => {
    const alone = createLoneHome();
    join(alone, edgeId(1));

    expect(refusalsIn(submit(alone, edgeId(1), 1, batchOf(document)))).toEqual([[1, "BAD_NAME"]]);
  });

  test("a number beyond what six bytes hold, without a word", () => {
    const alone = createLoneHome();
    join(alone, edgeId(1));

    submit(alone, edgeId(1), 2 ** 48 - 1, batchOf("x"), batchOf("x"));

    expect(alone.home.state.droppedCount).toBe(1);
    expect(alone.home.state.accepted.size).toBe(0);
  });

  test("an edge that speaks before it was welcomed", () => {
    const alone = createLoneHome();

    submit(alone, edgeId(1), 1, batchOf("x"));

    expect(alone.outputs).toEqual([
      expect.objectContaining({ kind: "violation", peer: edgeId(1) }),
    ]);
  });

  test("an edge that joins twice on one connection", () => {
    const alone = createLoneHome();
    join(alone, edgeId(1));

    expect(join(alone, edgeId(1))).toEqual([]);
    expect(alone.outputs).toEqual([expect.objectContaining({ kind: "violation" })]);
  });

  test("an entry after a gap, and asks for what lacks", () => {
    const alone = createLoneHome(["b"]);
    const b = "bbbbbbbbbbbbbbbb";
    alone.runtime.submitted({ kind: "connected", home: "b" });
    alone.runtime.received("b", {
      kind: "hello",
      incarnation: b,
      vector: new Map(),
      round: 0,
      isReply: false,
    });
    alone.take("b");

    const entry = {
      incarnation: b,
      number: 2,
      batch: batchOf("x"),
      author: null,
      after: new Map(),
    };
    alone.runtime.received("b", { kind: "replicate", entries: [entry] });

    expect(alone.home.state.accepted.size).toBe(0);
    expect(alone.take("b").map(({ kind }) => kind)).toEqual(["pull"]);
  });

  test("a home that works on a copy of its own directory", () => {
    const alone = createLoneHome(["b"]);
    alone.runtime.submitted({ kind: "connected", home: "b" });

    const incarnation = alone.home.state.config.incarnation;
    alone.runtime.received("b", {
      kind: "hello",
      incarnation,
      vector: new Map(),
      round: 0,
      isReply: false,
    });

    expect(alone.outputs).toEqual([expect.objectContaining({ kind: "violation", peer: "b" })]);
  });
});

describe("at its limits a home", () => {
  test("forgets the edge that was silent longest, and admits a resend of its again", () => {
    const alone = createLoneHome([], { edgesMax: 2 });
    for (const index of [1, 2, 3]) {
      join(alone, edgeId(index));
      submit(alone, edgeId(index), 1, batchOf("x"));
    }

    expect([...alone.home.state.edges.keys()]).toEqual([edgeId(2), edgeId(3)]);
    expect(shownIn(submit(alone, edgeId(3), 1, batchOf("x")))).toEqual([]);
    expect(shownIn(submit(alone, edgeId(1), 1, batchOf("x")))).toEqual([1]);
  });

  test("drops what waits for its causes, and asks for it", () => {
    const alone = createLoneHome(["b"], { waitingBytesMax: 150 });
    const b = "bbbbbbbbbbbbbbbb";
    alone.runtime.submitted({ kind: "connected", home: "b" });
    alone.runtime.received("b", {
      kind: "hello",
      incarnation: b,
      vector: new Map(),
      round: 0,
      isReply: false,
    });
    alone.take("b");
    const after = new Map([["cccccccccccccccc", 1]]);

    for (let number = 1; number <= 5; number += 1) {
      const entry = { incarnation: b, number, batch: batchOf("x"), author: null, after };
      alone.runtime.received("b", { kind: "replicate", entries: [entry] });
    }

    expect(alone.home.state.peers.get("b")?.waiting).toHaveLength(2);
    expect(alone.take("b").map(({ kind }) => kind)).toEqual(["pull"]);
  });

  test("drops presence that is too large, or one too many", () => {
    const alone = createLoneHome([], { presenceBytesMax: 4, presenceCountMax: 2 });
    join(alone, edgeId(1));
    join(alone, edgeId(2));

    for (const [key, sizeBytes] of [
      [1, 5],
      [2, 4],
      [3, 1],
      [4, 1],
      [3, 2],
    ] as const) {
      alone.runtime.received(edgeId(1), {
        kind: "presence",
        key,
        bytes: new Uint8Array(sizeBytes),
      });
    }

    expect(
      alone.take(edgeId(2)).map((said) => (said.kind === "presence" ? said.key : said.kind)),
    ).toEqual([2, 3, 3]);
    expect(alone.home.state.droppedCount).toBe(2);
  });
});

describe("an edge refuses at the edit", () => {
  const edited = (
    limits: Parameters<typeof createEdge>[1],
    batches: readonly Batch[],
  ): readonly EdgeOutput[] => {
    const edge = createEdge(edgeId(1), limits);
    return batches.flatMap((batch) =>
      edge
        .step({ kind: "submitted", request: { kind: "edit", batch } }, 0)
        .flatMap((effect) => (effect.kind === "deliver" ? [effect.output] : [])),
    );
  };

  test("a batch over the limit", () => {
    const outputs = edited({ batchBytesMax: 10 }, [batchOf("x", 10), batchOf("x", 11)]);

    expect(outputs).toEqual([
      expect.objectContaining({ kind: "refused", document: "x", code: "TOO_LARGE" }),
    ]);
  });

  test("what the outbox has no room for", () => {
    const outputs = edited({ outboxBytesMax: 200 }, [batchOf("x", 100), batchOf("x", 100)]);

    expect(outputs).toEqual([expect.objectContaining({ kind: "refused", code: "OUTBOX_FULL" })]);
  });
});
