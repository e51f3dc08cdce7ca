/** A home that rests while its edges are connected, and goes on as if it had been there all along. */
import {
  type Batch,
  createHome,
  type Home,
  type HomeProtocol,
  type HomeRecord,
  type Rest,
  restOf,
  type SpaceMessage,
} from "@syncline/gossip";
import { type Runtime, startRuntime } from "@syncline/machine";
import { describe, expect, test } from "vitest";

const own = "aaaaaaaaaaaaaaaa";

/** A home on a disk that is done at once; `rest` stops it and recovers another from what it kept. */
interface Sleeper {
  readonly take: (to: string) => readonly SpaceMessage[];
  readonly received: (from: string, message: SpaceMessage) => void;
  readonly submitted: Runtime<HomeProtocol>["submitted"];
  readonly home: () => Home;
  readonly rest: () => Rest;
}

const createSleeper = (others: readonly string[] = []): Sleeper => {
  const kept = new Map<string, HomeRecord>();
  let sent: { readonly to: string; readonly message: SpaceMessage }[] = [];
  const config = { home: "a", incarnation: own, others, writeQuorum: 1, readQuorum: 1 };

  const start = (): { readonly home: Home; readonly runtime: Runtime<HomeProtocol> } => {
    const home = createHome(config, { readWaitMs: 0 });
    const runtime = startRuntime(home, [...kept.values()], {
      now: () => 0,
      append: (records, done) => {
        for (const record of records) {
          if (record.kind === "head" || record.kind === "unsettled") kept.set(record.kind, record);
          if (record.kind === "edge") kept.set(`edge ${record.edge.edge}`, record);
          if (record.kind === "document") kept.set(`document ${record.head.document}`, record);
        }
        done(null);
      },
      load: () => expect.unreachable("nothing is read again"),
      send: (to, message) => sent.push({ to, message }),
      deliver: () => {},
      wake: () => {},
      failed: (error) => {
        throw error;
      },
    });
    return { home, runtime };
  };

  let running = start();
  return {
    take: (to) => {
      const taken = sent.filter((one) => one.to === to).map(({ message }) => message);
      sent = sent.filter((one) => one.to !== to);
      return taken;
    },
    received: (from, message) => running.runtime.received(from, message),
    submitted: (request) => running.runtime.submitted(request),
    home: () => running.home,
    rest: () => {
      const rest = restOf(running.home.state)!;
      running.runtime.stop();
      running = start();
      running.runtime.submitted({ kind: "resumed", rest });
      return rest;
    },
  };
};

const batch = (text: string): Batch => ({
  document: "notes",
  type: "yjs",
  payload: new TextEncoder().encode(text),
});

const join = (edge: string): SpaceMessage => ({ kind: "join", edge, vector: new Map() });

const submit = (firstNumber: number, text: string): SpaceMessage => ({
  kind: "submit",
  firstNumber,
  batches: [batch(text)],
});

/** Two edges that have everything, of which the first has written once. */
const settled = (): Sleeper => {
  const sleeper = createSleeper();
  sleeper.received("c1", join("e1"));
  sleeper.received("c2", join("e2"));
  sleeper.received("c1", submit(1, "before"));
  sleeper.take("c1");
  sleeper.take("c2");
  return sleeper;
};

describe("a home that has rested", () => {
  test("tells its edges nothing", () => {
    const sleeper = settled();

    sleeper.rest();

    expect(sleeper.take("c1")).toEqual([]);
    expect(sleeper.take("c2")).toEqual([]);
  });

  test("has the state that it had", () => {
    const sleeper = settled();
    const { durable, edges, documents, entryCount, entryBytes } = sleeper.home().state;
    const before = { durable, edges, documents, entryCount, entryBytes, isOpen: true };

    sleeper.rest();

    expect(entryCount).toBe(1);
    expect(sleeper.home().state).toMatchObject(before);
    expect([...sleeper.home().state.sessions.keys()]).toEqual(["c1", "c2"]);
  });

  test("gives the next batch the next dot, and shows it to the others", () => {
    const sleeper = settled();
    sleeper.rest();

    sleeper.received("c2", submit(1, "after"));

    const entry = { incarnation: own, number: 2, batch: batch("after") };
    expect(sleeper.take("c1")).toMatchObject([{ kind: "update", entries: [entry] }]);
  });

  test("admits no batch again that an edge sends twice", () => {
    const sleeper = settled();
    sleeper.rest();

    sleeper.received("c1", submit(1, "before"));

    expect(sleeper.take("c2")).toEqual([]);
    expect(sleeper.take("c1")).toMatchObject([{ kind: "admitted", number: 1 }]);
  });

  test("shows a newcomer who is there, and the others who has gone", () => {
    const sleeper = settled();
    const bytes = Uint8Array.of(1, 2);
    sleeper.received("c1", { kind: "presence", key: 7, bytes });
    sleeper.take("c2");
    sleeper.rest();

    sleeper.received("c3", { kind: "join", edge: "e3", vector: new Map([[own, 1]]) });
    sleeper.submitted({ kind: "disconnected", peer: "c1" });

    expect(sleeper.take("c3")).toContainEqual({ kind: "presence", key: 7, bytes });
    expect(sleeper.take("c2")).toEqual([{ kind: "presence", key: 7, bytes: new Uint8Array() }]);
  });
});

describe("a home must not rest", () => {
  test("while an edge does not keep up", () => {
    const sleeper = settled();

    sleeper.submitted({ kind: "congested", peer: "c2" });

    expect(restOf(sleeper.home().state)).toBeNull();
  });

  test("where others are homes of its space, too", () => {
    const sleeper = createSleeper(["b"]);
    sleeper.submitted({ kind: "unreachable", home: "b" });

    expect(restOf(sleeper.home().state)).toBeNull();
  });
});
