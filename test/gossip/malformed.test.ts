/** Frames that nobody of good will sends: cut off, with a bit flipped, out of all proportion. They are refused or make sense, and no machine stops. */
import {
  createEdge,
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  heartbeatFrame,
  type LinkItem,
  type SpaceMessage,
} from "@syncline/gossip";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyMessage, messageByKind } from "./arbitrary-messages.ts";
import { createLoneHome, type LoneHome } from "./lone-home.ts";

const EDGE = "00000000000000ee";
const B = "bb".repeat(8);

/** A home in the middle of its work: an edge has joined, another home has said hello, both have given it something. */
const busyHome = (): LoneHome => {
  const alone = createLoneHome(
    ["b", "c"],
    { compactAfterEntries: 3, compactEntriesMin: 1 },
    "ab".repeat(8),
  );
  const batch = { document: "x", type: "set", payload: Uint8Array.of(1) };
  alone.runtime.received(EDGE, { kind: "join", edge: EDGE, vector: new Map() });
  alone.runtime.received(EDGE, { kind: "submit", firstNumber: 1, batches: [batch, batch] });
  alone.runtime.submitted({ kind: "connected", home: "b" });
  alone.runtime.received("b", {
    kind: "hello",
    incarnation: B,
    vector: new Map(),
    round: 0,
    isReply: false,
  });
  const entry = { incarnation: B, number: 1, batch, author: null, after: new Map() };
  alone.runtime.received("b", { kind: "replicate", entries: [entry] });
  return alone;
};

const busyEdge = (): ReturnType<typeof createEdge> => {
  const edge = createEdge(EDGE);
  const batch = { document: "x", type: "set", payload: Uint8Array.of(1) };
  edge.recover([], 0);
  edge.step({ kind: "submitted", request: { kind: "connected" } }, 0);
  edge.step({ kind: "submitted", request: { kind: "edit", batch } }, 0);
  edge.step({ kind: "submitted", request: { kind: "persisted", number: 1 } }, 0);
  const welcome = {
    kind: "welcome",
    home: "a",
    incarnation: "ab".repeat(8),
    vector: new Map([["ab".repeat(8), 2]]),
    admitted: null,
    homeCount: 3,
    writeQuorum: 2,
    heardCount: 3,
    durable: [],
  } as const;
  edge.step({ kind: "received", from: "home", message: welcome }, 0);
  return edge;
};

/** Gives messages to everybody who might get them, in each role that their sender might claim, and says whether all of them still run. */
const createCrowd = (): ((message: SpaceMessage) => boolean) => {
  const renewAfter = 16;
  let givenCount = 0;
  let homes: readonly (readonly [from: string, alone: LoneHome])[] = [];
  let edge = busyEdge();
  return (message) => {
    if (givenCount % renewAfter === 0) {
      homes = [EDGE, "b", "stranger"].map((from) => [from, busyHome()]);
      edge = busyEdge();
    }
    givenCount += 1;
    for (const [from, alone] of homes) {
      alone.runtime.received(from, message);
      alone.runtime.received(from, message);
      alone.runtime.woken();
    }
    edge.step({ kind: "received", from: "home", message }, 0);
    edge.step({ kind: "received", from: "home", message }, 0);
    return homes.every(([, alone]) => alone.failure() === null);
  };
};

/** A frame that opens the space and names the logs, and then one with the message alone. */
const framesOf = (message: SpaceMessage): readonly [first: Uint8Array, second: Uint8Array] => {
  const writer = createSpaceWriter("s", 1);
  const link = createLinkWriter();
  return [link.message(writer, { ...message }), link.message(writer, message)];
};

const samples = Object.entries(messageByKind).map(([kind, arbitrary]) => {
  // One of middling length, so that its lists are not empty.
  const many = fc.sample(arbitrary, { numRuns: 30, seed: 1 });
  const sized = many.map((message) => ({ message, sizeBytes: framesOf(message)[1].length }));
  sized.sort((left, right) => right.sizeBytes - left.sizeBytes);
  return [kind, sized[Math.floor(sized.length / 2)]!.message] as const;
});

describe.each(samples)("a frame of kind %s", (_, message) => {
  const [first, second] = framesOf(message);

  const read = (frame: Uint8Array): readonly LinkItem[] | null => {
    const reader = createLinkReader(4);
    reader.read(first);
    return reader.read(frame);
  };

  test("that is cut off anywhere is malformed", () => {
    for (let length = 0; length < second.length; length += 1) {
      expect(read(second.subarray(0, length))).toBeNull();
    }
    expect(read(second)).not.toBeNull();
  });

  test("that is a slice of a larger buffer is not read beyond its end", () => {
    const buffer = new Uint8Array(second.length + 50).fill(1);
    buffer.set(second);

    for (let length = 0; length < second.length; length += 1) {
      expect(read(buffer.subarray(0, length))).toBeNull();
    }
    expect(read(buffer.subarray(0, second.length))).toEqual(read(second));
  });

  test("with one bit flipped is malformed, or a message that stops nobody", () => {
    const give = createCrowd();
    const stopping: number[] = [];
    for (let bit = 0; bit < second.length * 8; bit += 1) {
      const flipped = second.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      for (const item of read(flipped) ?? []) {
        if (item.kind === "space" && !give(item.message)) stopping.push(bit);
      }
    }

    expect(stopping).toEqual([]);
  });

  test("with garbage behind it is malformed as a whole", () => {
    expect(read(Uint8Array.of(...second, 99, 1))).toBeNull();
  });
});

describe("the frame that begins a connection", () => {
  const greet = greetFrame({
    version: 1,
    role: "home",
    home: "a",
    incarnation: B,
    token: "secret",
  });

  test("is malformed when it is cut off", () => {
    for (let length = 0; length < greet.length; length += 1) {
      expect(createLinkReader(1).read(greet.subarray(0, length))).toBeNull();
    }
  });

  test("may be followed by others in the same frame", () => {
    const items = createLinkReader(1).read(Uint8Array.of(...greet, ...heartbeatFrame));

    expect(items?.map(({ kind }) => kind)).toEqual(["greet", "heartbeat"]);
  });
});

describe("out of all proportion is", () => {
  const open = [2, 1, 1, 0x73];
  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];

  test.each([
    ["an unknown kind of item", [99]],
    ["an unknown kind of message", [...open, 99, 1]],
    ["text in the place of a frame", [...new TextEncoder().encode('{"kind":"join"}')]],
    ["a message of a space that was not opened", [34, 1, 0]],
    ["a number of eleven bytes", [...open, 34, 1, ...Array.from({ length: 10 }, () => 0xff), 1]],
    [
      "a number beyond 2^53",
      [...open, 34, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ],
    ["a vector of 2^52 entries", [...open, 34, 1, ...huge]],
    ["a list of 2^52 batches", [...open, 17, 1, 1, ...huge]],
    ["a payload of 2^52 bytes", [...open, 17, 1, 1, 1, 1, 1, 0x78, ...huge]],
    ["a list of 2^52 logs", [...open, 4, 1, ...huge]],
    ["a log that was not named", [...open, 34, 1, 1, 5, 1]],
    ["a log that is named twice", [...open, 4, 1, 2, ...Array.from({ length: 16 }, () => 7)]],
    [
      "a log twice in a vector",
      [...open, 4, 1, 1, ...Array.from({ length: 8 }, () => 7), 34, 1, 2, 0, 1, 0, 2],
    ],
    [
      "a number of a log that is 0",
      [...open, 4, 1, 1, ...Array.from({ length: 8 }, () => 7), 34, 1, 1, 0, 0],
    ],
    ["a flag that is neither 0 nor 1", [...open, 17, 1, 1, 1, 2, 1, 0x78, 0]],
    ["a name that is no UTF-8", [2, 1, 2, 0xc3, 0x28]],
    ["more spaces than allowed", [...open, 2, 2, 1, 0x73, 2, 3, 1, 0x73]],
    ["nothing at all", []],
  ])("%s, and malformed", (_, bytes) => {
    expect(createLinkReader(2).read(Uint8Array.from(bytes))).toBeNull();
  });

  test("a short message that stands for a hundred million numbers, and malformed", () => {
    const varUint = (number: number): readonly number[] =>
      number < 128 ? [number] : [(number & 127) | 128, ...varUint(number >> 7)];
    const count = 4096;
    const logs = Array.from({ length: count }, (_, index) => [
      0,
      0,
      0,
      0,
      0,
      0,
      index >> 8,
      index & 255,
    ]);
    const batch = [1, 0, 0];
    const all = Array.from({ length: count }, (_, index) => [...varUint(index), 1]);
    const first = [0, 1, 0, ...varUint(count), ...all.flat(), 0, ...batch];
    // Each changes one number, which costs two bytes, and stands for a vector of 4,096.
    const entries = Array.from({ length: 25_000 }, (_, index) => [
      0,
      ...varUint(index + 2),
      0,
      1,
      5,
      2 + (index % 100),
      0,
      ...batch,
    ]);
    const frame = Uint8Array.from([
      ...open,
      4,
      1,
      ...varUint(count),
      ...logs.flat(),
      33,
      1,
      ...varUint(1 + entries.length),
      ...first,
      ...entries.flat(),
    ]);

    expect(frame.length).toBeLessThan(400_000);
    expect(createLinkReader(1).read(frame)).toBeNull();
    // The same with few entries is good.
    const short = Uint8Array.from([
      ...open,
      4,
      1,
      ...varUint(count),
      ...logs.flat(),
      33,
      1,
      ...varUint(101),
      ...first,
      ...entries.slice(0, 100).flat(),
    ]);
    expect(createLinkReader(1).read(short)).toHaveLength(1);
  });
});

test("any message from anybody, at any time, stops no machine", () => {
  const give = createCrowd();
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(give(message)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("any messages one after the other stop no machine, and its log stays without a gap", () => {
  const said = fc.array(fc.tuple(fc.constantFrom(EDGE, "b", "c"), anyMessage), { maxLength: 12 });
  fc.assert(
    fc.property(said, (messages) => {
      const alone = busyHome();
      const edge = busyEdge();
      for (const [from, message] of messages) {
        alone.runtime.received(from, message);
        edge.step({ kind: "received", from: "home", message }, 0);
      }

      expect(alone.failure()).toBeNull();
    }),
    { numRuns: 500 },
  );
});
