/** What clients of a room are told when, with sessions that only note their frames, under a clock of the test's own. */
import type { Connection } from "@syncline/websocket";
import { beforeEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { createDocuments } from "../documents.ts";
import { createSteppedClock, type SteppedClock } from "../../../../test/relay/stepped-clock.ts";
import { createRoomBroadcast, type RoomBroadcast, type RoomChange } from "./room-broadcast.ts";
import { readStockFrame } from "./stock-frames.ts";
import { defaultStockLimits } from "./stock-limits.ts";
import { beginSession, createStockSession, type StockSession } from "./stock-session.ts";

interface Member {
  readonly session: StockSession;
  readonly frames: Uint8Array[];
}

let clock: SteppedClock;
let members: Member[] = [];
let broadcast: RoomBroadcast;

const join = (): Member => {
  const frames: Uint8Array[] = [];
  const connection: Connection = {
    send: (frame) => frames.push(frame),
    close: () => {},
    bufferedBytes: 0,
  };
  const session = createStockSession(connection, {
    documents: createDocuments({ worker: null }),
    limits: defaultStockLimits,
    startTimer: (callback, delayMs) => clock.startTimer(callback, delayMs),
    now: () => clock.now(),
    answer: () => Promise.reject(new Error("nobody asks")),
    wake: () => null,
    whole: () => null,
    changed: () => {},
    present: () => {},
    presences: () => [],
    rejected: () => {},
    left: () => {},
  });
  return { session, frames };
};

const open = (memberCount: number): void => {
  members = Array.from({ length: memberCount }, join);
  for (const { session } of members) beginSession(session);
  const sessions = new Set(members.map(({ session }) => session));
  broadcast = createRoomBroadcast({
    sessions,
    limits: defaultStockLimits,
    now: () => clock.now(),
    startTimer: (callback, delayMs) => clock.startTimer(callback, delayMs),
  });
};

const typed = (word: string): readonly Uint8Array[] => {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (const letter of word) doc.getText("body").insert(doc.getText("body").length, letter);
  return updates;
};

const textOf = ({ frames }: Member): string => {
  const doc = new Y.Doc();
  for (const message of frames.flatMap((frame) => readStockFrame(frame) ?? [])) {
    if (message.kind === "update") Y.applyUpdate(doc, message.update);
  }
  return doc.getText("body").toString();
};

const changesBy = (author: StockSession | null, word: string): readonly RoomChange[] =>
  typed(word).map((payload) => ({ payload, author }));

const entry = (client: number, clock: number) => ({
  client,
  clock,
  json: new TextEncoder().encode(`{"at":${clock}}`),
});

beforeEach(() => {
  clock = createSteppedClock();
});

describe("changes", () => {
  test("of one turn are one message, the same bytes for all and for their author", async () => {
    open(3);
    for (const change of changesBy(members[0]!.session, "abc")) {
      broadcast.show(change);
      broadcast.echo(change);
    }

    await clock.pass(0);

    expect(members.map(textOf)).toEqual(["abc", "abc", "abc"]);
    expect(members.map(({ frames }) => frames.length)).toEqual([1, 1, 1]);
    expect(new Set(members.map(({ frames }) => frames[0])).size).toBe(1);
  });

  test("are not told to who has not begun, for whom they are in the document, but its own are", async () => {
    open(2);
    members[1]!.session.hasBegun = false;
    const [own, other] = [...changesBy(members[1]!.session, "a"), ...changesBy(null, "b")];
    for (const change of [own!, other!]) broadcast.show(change);
    broadcast.echo(own!);

    await clock.pass(0);

    expect(members[0]!.frames).toHaveLength(1);
    expect(members.map(textOf)).toEqual([expect.stringMatching(/^(ab|ba)$/), "a"]);
  });

  test("are not told to their author before they are echoed", async () => {
    open(2);
    const changes = changesBy(members[0]!.session, "ab");
    for (const change of changes) broadcast.show(change);
    await clock.pass(0);
    expect(members.map(textOf)).toEqual(["", "ab"]);

    for (const change of changes) broadcast.echo(change);
    await clock.pass(0);

    expect(members.map(textOf)).toEqual(["ab", "ab"]);
    expect(members[1]!.frames).toHaveLength(1);
  });

  test("are echoed to clients that came after an author that has left", async () => {
    open(3);
    const [early, author, late] = members as [Member, Member, Member];
    author.session.isOpen = false;
    const [change] = changesBy(author.session, "x") as [RoomChange];

    broadcast.echo(change);
    await clock.pass(0);

    expect([early, late].map(({ frames }) => frames.length)).toEqual([0, 1]);
  });

  test("wait 2 ms for each other where a hundred read them, and not at all after silence", async () => {
    open(100);
    const [first, second, third, fourth] = changesBy(null, "abcd") as RoomChange[];
    broadcast.show(first!);
    await clock.pass(0);
    expect(textOf(members[99]!)).toBe("a");

    broadcast.show(second!);
    await clock.pass(1);
    broadcast.show(third!);
    expect(textOf(members[99]!)).toBe("a");
    await clock.pass(1);
    expect(textOf(members[99]!)).toBe("abc");
    expect(members[99]!.frames).toHaveLength(2);

    await clock.pass(5);
    broadcast.show(fourth!);
    await clock.pass(0);
    expect(textOf(members[99]!)).toBe("abcd");
  });

  test("that wait are told by a flush, and by nothing after it", async () => {
    open(100);
    const [first, second] = changesBy(null, "ab") as [RoomChange, RoomChange];
    broadcast.show(first);
    await clock.pass(0);
    broadcast.show(second);

    broadcast.flush();
    broadcast.close();

    expect(textOf(members[0]!)).toBe("ab");
    expect(clock.timerCount).toBe(0);
  });
});

describe("presences", () => {
  test("of a pause are one message, with the newest of each client", async () => {
    open(80);
    broadcast.present([entry(1, 1)], members[1]!.session);
    await clock.pass(0);
    for (let clock = 2; clock < 5; clock += 1) {
      broadcast.present([entry(1, clock)], members[1]!.session);
      broadcast.present([entry(2, clock)], members[2]!.session);
    }
    await clock.pass(9);
    expect(members[0]!.frames).toHaveLength(1);

    await clock.pass(1);

    expect(members[0]!.frames).toHaveLength(2);
    const [message] = readStockFrame(members[0]!.frames[1]!) ?? [];
    expect(message?.kind === "awareness" ? message.bytes[0] : null).toBe(2);
    // With another's, a client gets its own back.
    expect(members[1]!.frames).toHaveLength(1);
  });

  test("in a small room are told in the turn in which they come, and not to whom they are of", async () => {
    open(2);
    for (let count = 1; count < 4; count += 1) {
      broadcast.present([entry(1, count)], members[1]!.session);
      await clock.pass(0);
    }

    expect(members.map(({ frames }) => frames.length)).toEqual([3, 0]);
  });
});
