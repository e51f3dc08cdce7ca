import {
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  heartbeatFrame,
  type SpaceMessage,
} from "@syncline/gossip";
import { describe, expect, test } from "vitest";
import { type NativeTaker, takeNativeFrame } from "./native-frames.ts";

const home = "00000000000000aa";
const other = "00000000000000bb";
const payload = Uint8Array.of(1, 2, 3);
const batch = { document: "default", type: "yjs", payload };
const counter = { document: "likes", type: "counter", payload };

/** What is told when the packages' own codec writes these messages to a new connection. */
const toldOf = (...messages: readonly SpaceMessage[]): readonly unknown[] => {
  const told: unknown[] = [];
  const note =
    (name: string) =>
    (...details: readonly unknown[]): void =>
      void told.push([name, ...details.map((one) => (one instanceof Uint8Array ? [...one] : one))]);
  const taker: NativeTaker = {
    welcome: note("welcome"),
    batch: note("batch"),
    state: note("state"),
    own: note("own"),
    durable: note("durable"),
    presence: note("presence"),
    caughtUp: note("caughtUp"),
    refused: note("refused"),
  };
  const writer = createSpaceWriter("room", 300);
  const link = createLinkWriter();
  const greeting = greetFrame({
    version: 1,
    role: "home",
    home: "a",
    incarnation: home,
    token: "",
  });
  takeNativeFrame(
    Buffer.concat([greeting, heartbeatFrame, ...messages.map((one) => link.message(writer, one))]),
    taker,
  );
  return told;
};

const welcome: SpaceMessage = {
  kind: "welcome",
  home: "a",
  incarnation: home,
  vector: new Map([
    [home, 7],
    [other, 200],
  ]),
  admitted: { number: 3, dot: { incarnation: home, number: 5 } },
  homeCount: 3,
  writeQuorum: 2,
  heardCount: 2,
  durable: [{ home: "b", incarnation: other, vector: new Map([[home, 6]]) }],
};

describe("what a home says is understood", () => {
  test("a welcome", () => {
    expect(toldOf(welcome)).toEqual([
      [
        "welcome",
        "a",
        0,
        new Map([
          [0, 7],
          [1, 200],
        ]),
      ],
    ]);
  });

  test("updates of others and its own", () => {
    const entries = [
      { incarnation: home, number: 8, batch, ownNumber: 0 },
      { incarnation: other, number: 300, batch: counter, ownNumber: 0 },
      { incarnation: home, number: 9, batch: null, ownNumber: 130 },
    ];

    expect(toldOf({ kind: "update", entries })).toEqual([
      ["batch", [1, 2, 3], 0, 8],
      ["batch", [1, 2, 3], 1, 300],
      ["own", 130, 9],
    ]);
  });

  test("a group, of which the last page ends the catching up", () => {
    const entries = [{ incarnation: home, number: 8, batch, ownNumber: 0 }];
    const page = { kind: "group", entries, states: [batch], vector: new Map([[home, 8]]) } as const;

    expect(toldOf({ ...page, isLast: false }, { ...page, isLast: true })).toEqual([
      ["batch", [1, 2, 3], -1, 0],
      ["state", [1, 2, 3]],
      ["batch", [1, 2, 3], -1, 0],
      ["state", [1, 2, 3]],
      ["caughtUp"],
    ]);
  });

  test("that a batch was admitted, how far disks are, what was refused, who is here", () => {
    expect(
      toldOf(
        { kind: "admitted", number: 4, dot: { incarnation: home, number: 6 } },
        {
          kind: "durable",
          isWhole: false,
          home: "b",
          incarnation: other,
          vector: new Map([[home, 6]]),
        },
        { kind: "refused", number: 5, code: "TOO_LARGE", reason: "too large" },
        { kind: "presence", key: 77, bytes: payload },
      ),
    ).toEqual([
      ["own", 4, 6],
      ["durable", "b", 0, 6],
      ["refused", "TOO_LARGE: too large"],
      ["presence", [1, 2, 3]],
    ]);
  });

  test("what another edge submitted, as a copying server passes it on", () => {
    expect(toldOf({ kind: "submit", firstNumber: 1, batches: [batch, counter] })).toEqual([
      ["batch", [1, 2, 3], -1, 0],
      ["batch", [1, 2, 3], -1, 0],
    ]);
  });
});

test("an item that is not known is no silence", () => {
  expect(() => takeNativeFrame(Uint8Array.of(99, 1), {} as NativeTaker)).toThrow("not known");
});
