/** Rooms under a clock of the test's own, with connections that only note what is sent. */
import type { EdgeMessage, HomeMessage } from "@syncline/gossip";
import type { Connection, ConnectionHandlers } from "@syncline/websocket";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { createDocuments } from "../documents.ts";
import type { SpacePort } from "../space-port.ts";
import { step1Frame, updateFrame } from "./stock-frames.ts";
import { createStockRooms, type StockRooms } from "./stock-rooms.ts";

interface World {
  readonly rooms: StockRooms;
  /** Sessions that rooms have opened, newest last. */
  readonly sessions: {
    message(message: HomeMessage): void;
    closed(): void;
    /** What the room said. */
    readonly said: EdgeMessage[];
    isOpen: boolean;
  }[];
  /** Moves the clock on, and lets everything happen that waits for it. */
  pass(ms: number): Promise<void>;
  connect(room?: string): Client;
}

interface Client {
  readonly frames: Uint8Array[];
  readonly handlers: ConnectionHandlers;
  readonly ends: string[];
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const createWorld = (): World => {
  let nowMs = 0;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  const sessions: World["sessions"] = [];
  const port: SpacePort = {
    open: (_space, handlers) => {
      const said: EdgeMessage[] = [];
      const session = { ...handlers, said, isOpen: true };
      sessions.push(session);
      return {
        send: (message) => said.push(message),
        congested: () => {},
        drained: () => {},
        close: () => {
          session.isOpen = false;
        },
      };
    },
  };
  const rooms = createStockRooms({
    port,
    documents: createDocuments({ worker: null }),
    now: () => nowMs,
    mayRest: true,
    log: { warn: () => {} },
    startTimer: (callback, delayMs) => {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  const pass = async (ms: number): Promise<void> => {
    const endMs = nowMs + ms;
    await settled();
    for (;;) {
      const [next] = [...timers].sort((left, right) => left.atMs - right.atMs);
      if (next === undefined || next.atMs > endMs) break;
      timers.delete(next);
      nowMs = Math.max(nowMs, next.atMs);
      next.callback();
      await settled();
    }
    nowMs = endMs;
  };
  const connect = (room = "notes"): Client => {
    const frames: Uint8Array[] = [];
    const ends: string[] = [];
    const connection: Connection = {
      send: (frame) => frames.push(frame),
      close: (code, reason) => ends.push(`${code} ${reason}`),
      bufferedBytes: 0,
    };
    return { frames, ends, handlers: rooms.accept(connection, `/${room}`) };
  };
  return { rooms, sessions, pass, connect };
};

const welcome: HomeMessage = {
  kind: "welcome",
  home: "a",
  incarnation: "00000000000000aa",
  vector: new Map(),
  admitted: null,
  homeCount: 1,
  writeQuorum: 1,
  heardCount: 1,
  durable: [],
};

const kindsOf = ({ frames }: Client): readonly string[] =>
  frames.map(
    ([type, step]) => (type === 0 ? ["step1", "step2", "update"][step ?? 9] : "awareness") ?? "?",
  );

describe("a client that connects", () => {
  test("is told what the room has as soon as the room knows", async () => {
    const world = createWorld();
    const client = world.connect();
    client.handlers.frame(step1Frame(Uint8Array.of(0)));
    await world.pass(10);
    expect(kindsOf(client)).toEqual([]);

    world.sessions[0]!.message(welcome);
    await world.pass(0);

    expect(kindsOf(client).toSorted()).toEqual(["step1", "step2"]);
  });

  test("is told after 2 s at the latest, but not that it is synced", async () => {
    const world = createWorld();
    const client = world.connect();
    client.handlers.frame(step1Frame(Uint8Array.of(0)));

    await world.pass(2100);

    expect(kindsOf(client)).toEqual(["step1"]);
    expect(client.frames[0]).toEqual(step1Frame(Uint8Array.of(0)));
  });

  test("never waits 30 s for a frame, whatever the room's home does", async () => {
    const world = createWorld();
    const client = world.connect();

    for (let elapsedMs = 0; elapsedMs < 300_000; elapsedMs += 20_000) {
      client.frames.length = 0;
      await world.pass(20_000);
      expect(client.frames.length).toBeGreaterThan(0);
    }

    expect(client.frames.every((frame) => frame[0] === 1)).toBe(true);
    expect([...client.frames[0]!]).toEqual([1, 1, 0]);
  });

  test("gets no more answers than its budget, however often it asks", async () => {
    const world = createWorld();
    const client = world.connect();
    world.sessions[0]!.message(welcome);
    await world.pass(0);

    for (let index = 0; index < 1000; index += 1) {
      client.handlers.frame(step1Frame(Uint8Array.of(0)));
      await world.pass(10);
    }

    const answerCount = kindsOf(client).filter((kind) => kind === "step2").length;
    expect(answerCount).toBeGreaterThan(4);
    expect(answerCount).toBeLessThanOrEqual(8);
  });

  test("with more changes than can be held is closed with 1013", async () => {
    const world = createWorld();
    const client = world.connect();
    const doc = new Y.Doc();
    doc.getText("text").insert(0, "x".repeat(7_000_000));
    const frame = updateFrame(Y.encodeStateAsUpdate(doc));
    const step2 = frame.slice();
    step2[1] = 1;

    // Before the room is ready nothing of a step 2 is taken.
    for (let index = 0; index < 5; index += 1) client.handlers.frame(step2);

    expect(client.ends[0]).toMatch(/^1013 BUSY: /u);
  });
});

describe("a room", () => {
  test("looks for its home again, less and less often up to 2 s", async () => {
    const world = createWorld();
    world.connect();

    for (let loss = 0; loss < 12; loss += 1) {
      world.sessions.at(-1)!.closed();
      await world.pass(2000);
    }

    expect(world.sessions.length).toBe(13);
  });

  test("that cannot reach its home does not hammer it", async () => {
    const world = createWorld();
    world.connect();

    for (let elapsedMs = 0; elapsedMs < 20_000; elapsedMs += 50) {
      world.sessions.at(-1)!.closed();
      await world.pass(50);
    }

    expect(world.sessions.length).toBeLessThan(28);
  });

  test("gives a home that lacks what another had shown the whole document", async () => {
    const world = createWorld();
    world.connect();
    const doc = new Y.Doc();
    doc.getText("text").insert(0, "seen elsewhere");
    const state = { document: "default", type: "yjs", payload: Y.encodeStateAsUpdate(doc) };
    const vector = new Map([["00000000000000aa", 2]]);
    world.sessions[0]!.message({ ...welcome, vector });
    world.sessions[0]!.message({
      kind: "group",
      entries: [],
      states: [state],
      isLast: true,
      vector,
    });
    world.sessions[0]!.closed();
    await world.pass(2000);

    world.sessions[1]!.message({ ...welcome, home: "b", incarnation: "00000000000000bb" });
    await world.pass(0);

    const [submitted] = world.sessions[1]!.said.filter((message) => message.kind === "submit");
    expect(submitted?.batches).toEqual([state]);
  });

  test("gives such a home also what was typed while there was none", async () => {
    const world = createWorld();
    const client = world.connect();
    const doc = new Y.Doc();
    doc.getText("text").insert(0, "seen elsewhere");
    const payload = Y.encodeStateAsUpdate(doc);
    const vector = new Map([["00000000000000aa", 2]]);
    const states = [{ document: "default", type: "yjs", payload }];
    world.sessions[0]!.message({ ...welcome, vector });
    world.sessions[0]!.message({ kind: "group", entries: [], states, isLast: true, vector });
    world.sessions[0]!.closed();
    await world.pass(0);
    const known = Y.encodeStateVector(doc);
    doc.getText("text").insert(0, "typed offline, ");
    client.handlers.frame(updateFrame(Y.encodeStateAsUpdate(doc, known)));
    await world.pass(2000);

    world.sessions[1]!.message({ ...welcome, home: "b", incarnation: "00000000000000bb" });
    await world.pass(0);

    const stored = new Y.Doc();
    for (const message of world.sessions[1]!.said) {
      if (message.kind !== "submit") continue;
      for (const batch of message.batches) Y.applyUpdate(stored, batch.payload);
    }
    expect(stored.getText("text").toJSON()).toBe("typed offline, seen elsewhere");
  });

  test("that has let go of its document and ended reads nothing for a client's last words", async () => {
    const world = createWorld();
    const client = world.connect();
    client.handlers.frame(step1Frame(Uint8Array.of(0)));
    world.sessions[0]!.message(welcome);
    await world.pass(10_000);
    world.rooms.close();

    client.handlers.frame(step1Frame(Uint8Array.of(0)));
    await world.pass(60_000);

    expect(world.sessions).toHaveLength(1);
  });

  test("ends with its last client, and its session with it", async () => {
    const world = createWorld();
    const clients = [world.connect(), world.connect(), world.connect("other")];
    world.sessions[0]!.message(welcome);
    await world.pass(0);

    clients[0]!.handlers.closed(1000, "");
    expect(world.rooms.roomCount).toBe(2);
    clients[1]!.handlers.closed(1000, "");

    expect(world.rooms.roomCount).toBe(1);
    expect(world.sessions.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });

  test("is closed with all the others when the relay closes", async () => {
    const world = createWorld();
    const client = world.connect();

    world.rooms.close();

    expect(client.ends).toEqual(["1012 restart"]);
    expect(world.rooms.roomCount).toBe(0);
  });
});
