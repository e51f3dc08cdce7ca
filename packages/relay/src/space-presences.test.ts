/** What edges are told when, with edges that only note their frames, under a clock of the test's own. */
import {
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  type SpaceMessage,
} from "@syncline/gossip";
import { beforeEach, expect, test } from "vitest";
import {
  createSpacePresences,
  type PresenceReader,
  type SpacePresences,
} from "./space-presences.ts";
import { createSteppedClock, type SteppedClock } from "../../../test/relay/stepped-clock.ts";

interface Edge extends PresenceReader {
  readonly frames: Uint8Array[];
  /** What it was told, as `key=state`, in order; a client that is gone has no state. */
  readonly told: () => readonly string[];
}

const writer = createSpaceWriter("room", 1);
const opening = createLinkWriter().message(writer, {
  kind: "presence",
  key: 0,
  bytes: new Uint8Array(),
});

let clock: SteppedClock;
let edges: Edge[] = [];
let presences: SpacePresences;

const createEdge = (isFramed = true): Edge => {
  const frames: Uint8Array[] = [];
  const messages: SpaceMessage[] = [];
  const told = (): readonly string[] => {
    const reader = createLinkReader(2);
    reader.read(opening);
    const items = frames.flatMap((frame) => reader.read(frame) ?? []);
    const framed = items.flatMap((item) => (item.kind === "space" ? item.message : []));
    return [...framed, ...messages].flatMap((message) =>
      message.kind === "presence" ? `${message.key}=${message.bytes.join("")}` : [],
    );
  };
  const take = (_writer: unknown, more: readonly Uint8Array[]): boolean => {
    if (isFramed) frames.push(...more);
    return isFramed;
  };
  const message = (said: SpaceMessage): void => void messages.push(said);
  return { space: "room", handlers: { message, closed: () => {}, frames: take }, frames, told };
};

const open = (count: number): void => {
  edges = Array.from({ length: count }, () => createEdge());
};

/** As a home says it: the same message to all edges but its author. Returns whether any of it is to be told at once. */
const say = (key: number, state: number | null, author: Edge | null = null): boolean => {
  const bytes = state === null ? new Uint8Array() : Uint8Array.of(state);
  const message = { kind: "presence", key, bytes } as const;
  return edges.filter((edge) => edge !== author).some((edge) => !presences.take(edge, message));
};

beforeEach(() => {
  clock = createSteppedClock();
  presences = createSpacePresences({
    now: () => clock.now(),
    startTimer: (callback, delayMs) => clock.startTimer(callback, delayMs),
    edgeCountOf: () => edges.length,
    writerOf: () => writer,
  });
});

test("presence of a small space is told at once", () => {
  open(7);

  expect(say(1, 1)).toBe(true);
  expect(clock.timerCount).toBe(0);
});

test("after silence presence is told in the turn in which it comes, the same bytes to all", async () => {
  open(80);

  expect(say(1, 1)).toBe(false);
  say(2, 1);
  await clock.pass(0);

  expect(edges.map(({ told }) => told())).toEqual(edges.map(() => ["1=1", "2=1"]));
  expect(new Set(edges.flatMap(({ frames }) => frames)).size).toBe(1);
});

test("in a space of 80 presence waits 10 ms for each other, and of each key the newest is told, but to its author", async () => {
  open(80);
  say(9, 0);
  await clock.pass(0);

  for (let state = 1; state < 5; state += 1) {
    say(1, state, edges[1]);
    say(2, state, edges[2]);
    say(3, state, edges[3]);
  }
  await clock.pass(9);
  expect(edges.every(({ frames }) => frames.length === 1)).toBe(true);
  await clock.pass(1);

  expect(edges[0]!.told()).toEqual(["9=0", "1=4", "2=4", "3=4"]);
  expect(edges[1]!.told()).toEqual(["9=0", "2=4", "3=4"]);
  expect(edges[2]!.told()).toEqual(["9=0", "1=4", "3=4"]);
  expect(edges[3]!.told()).toEqual(["9=0", "1=4", "2=4"]);
  expect(edges.slice(4).every(({ frames }) => frames[1] === edges[0]!.frames[1])).toBe(true);
});

test("who is gone is told so, whatever was said before, and who is back is here", async () => {
  open(80);
  say(9, 0);
  await clock.pass(0);

  say(1, 1);
  say(1, null);
  say(2, null);
  say(2, 7);
  await clock.pass(10);

  expect(edges[5]!.told()).toEqual(["9=0", "1=", "2=7"]);
});

test("an edge is told the newest that was meant for it, also where another got a newer", async () => {
  open(80);
  say(9, 0);
  await clock.pass(0);

  say(1, 1, edges[3]);
  say(1, 2, edges[4]);
  await clock.pass(10);

  expect([3, 4, 5].map((index) => edges[index]!.told().at(-1))).toEqual(["1=2", "1=1", "1=2"]);
});

test("a newcomer who is told all does not cost the others anything", async () => {
  open(80);
  say(9, 0);
  await clock.pass(0);
  const newcomer = createEdge();

  for (let key = 1; key < 40; key += 1) {
    presences.take(newcomer, { kind: "presence", key, bytes: Uint8Array.of(key) });
  }
  say(7, 8);
  say(8, 9);
  presences.take(newcomer, { kind: "presence", key: 8, bytes: Uint8Array.of(9) });
  await clock.pass(10);

  expect(newcomer.told()).toHaveLength(39);
  expect(newcomer.told()).toContain("8=9");
  expect(edges[0]!.told()).toEqual(["9=0", "7=8", "8=9"]);
  expect(new Set(edges.map(({ frames }) => frames[1])).size).toBe(1);
});

test("what waits goes along with an update, and so does what comes in the same turn", async () => {
  open(80);
  say(9, 0);
  await clock.pass(0);

  say(1, 1);
  const isTaken = presences.take(edges[0]!, { kind: "update", entries: [] });
  say(2, 2);
  await clock.pass(0);

  expect(isTaken).toBe(false);
  expect(edges[0]!.told()).toEqual(["9=0", "1=1", "2=2"]);
  expect(edges[0]!.frames).toHaveLength(2);
});

test("a session that is over is told nothing any more", async () => {
  open(80);
  say(9, 0);
  await clock.pass(0);

  say(1, 1);
  presences.left(edges[0]!);
  await clock.pass(10);

  expect([0, 1].map((index) => edges[index]!.told())).toEqual([["9=0"], ["9=0", "1=1"]]);
});

test("a session that ends while others are told is told nothing any more", async () => {
  open(80);
  const last = edges.at(-1)!;
  const first = createEdge();
  edges[0] = {
    ...first,
    handlers: {
      ...first.handlers,
      frames: () => {
        presences.left(last);
        return true;
      },
    },
  };

  say(1, 1);
  await clock.pass(0);

  expect([edges[1]!.told(), last.told()]).toEqual([["1=1"], []]);
});

test("an edge whose channel is not open is told by messages, and one of the other wire at once", async () => {
  open(80);
  const closed = createEdge(false);
  edges.push(closed);
  const handlers = { message: (): void => {}, closed: (): void => {} };
  const atOnce: PresenceReader = { space: "room", handlers };

  say(1, 1);
  const isTaken = presences.take(atOnce, { kind: "presence", key: 1, bytes: Uint8Array.of(1) });
  await clock.pass(0);

  expect(closed.told()).toEqual(["1=1"]);
  expect(isTaken).toBe(false);
});

test("a space that is closed tells nothing, and leaves no timer", async () => {
  open(80);
  say(9, 0);
  await clock.pass(0);

  say(1, 1);
  presences.close("room");
  expect(clock.timerCount).toBe(0);
  await clock.pass(50);

  expect(edges[0]!.told()).toEqual(["9=0"]);
});

test("a space that is to rest tells all before", async () => {
  open(80);
  say(9, 0);
  await clock.pass(0);

  say(1, 1);
  presences.flush("room");

  expect(edges[0]!.told()).toEqual(["9=0", "1=1"]);
  expect(clock.timerCount).toBe(0);
});

test("no more than a thousand keys wait, whatever comes and goes", async () => {
  open(8);
  say(0, 0);
  await clock.pass(0);

  for (let key = 1; key <= 2500; key += 1) say(key, null);

  expect(edges[0]!.told()).toHaveLength(2001);
});

test("presences of many bytes are told in frames of at most 64 KiB", async () => {
  open(8);

  for (let key = 1; key <= 20; key += 1) {
    const message = { kind: "presence", key, bytes: new Uint8Array(16_000).fill(1) } as const;
    for (const edge of edges) presences.take(edge, message);
  }
  await clock.pass(0);

  expect(edges[0]!.told()).toHaveLength(20);
  expect(edges[0]!.frames).toHaveLength(5);
  expect(Math.max(...edges[0]!.frames.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
});
