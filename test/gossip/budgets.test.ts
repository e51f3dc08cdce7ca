/** What a reconnect costs, in bytes of frames both ways; heartbeats are not counted. */
import {
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  type SpaceMessage,
} from "@syncline/gossip";
import { expect, test } from "vitest";
import { whyNotAgreed } from "./bad-luck.ts";
import { createWorld, type World } from "./world.ts";

const DOCUMENT_COUNT = 1000;

interface Said {
  readonly from: string;
  readonly to: string;
  readonly message: SpaceMessage;
}

/** A space of a thousand documents on three homes, written to at all of them, and a reader who was there and is away now. */
const createLargeSpace = (): { readonly world: World; readonly said: Said[] } => {
  const said: Said[] = [];
  const world = createWorld({
    seed: 1,
    delayMs: [1, 2],
    edgeCount: 4,
    tap: (from, to, message) => said.push({ from, to, message }),
  });
  world.runUntil(() => whyNotAgreed(world), 5000);
  for (let index = 0; index < DOCUMENT_COUNT; index += 1) {
    world.edges[index % 3]!.edit(`documents/${index}`);
    if (index % 50 === 0) world.run(100);
  }
  world.runUntil(() => whyNotAgreed(world), 20_000);
  world.point(world.edges[3]!, null);
  world.run(100);
  return { world, said };
};

/** The bytes of everything that the reader and its home say to each other, with the frames that begin the connection. */
const byteCountOf = (said: readonly Said[]): number => {
  const ends = ["e3", "a"].map((name) => ({
    name,
    link: createLinkWriter(),
    space: createSpaceWriter("acme/board-42", 7),
  }));
  const incarnation = "0123456789abcdef";
  const greets = [
    greetFrame({ version: 1, role: "edge", home: "", incarnation: null, token: "" }),
    greetFrame({ version: 1, role: "home", home: "a", incarnation, token: "" }),
  ];
  const frames = said.flatMap(({ from, to, message }) =>
    ends.flatMap((end) => {
      const isOfThis =
        from === end.name && (to === "e3" || to === "a") && (from === "e3" || to === "e3");
      return isOfThis ? [end.link.message(end.space, message)] : [];
    }),
  );
  return [...greets, ...frames].reduce((sum, frame) => sum + frame.length, 0);
};

test("a reconnect to a space of 1,000 documents with nothing changed takes at most 200 bytes in all", () => {
  const { world, said } = createLargeSpace();
  said.length = 0;

  world.point(world.edges[3]!, "a");
  world.run(10_000);

  expect(world.edges[3]!.machine.state.phase).toBe("joined");
  expect(byteCountOf(said)).toBeLessThanOrEqual(200);
});

test("with 10 documents changed it takes one round trip, and their batches and 1 kB at most", () => {
  const { world, said } = createLargeSpace();
  const batchBytes = Array.from({ length: 10 }, (_, index) => {
    const before = world.edges[0]!.machine.state.outboxBytes;
    world.edges[0]!.edit(`documents/${index * 7}`);
    return world.edges[0]!.machine.state.outboxBytes - before;
  }).reduce((sum, bytes) => sum + bytes, 0);
  world.run(5000);
  said.length = 0;

  world.point(world.edges[3]!, "a");
  const isShown = (): boolean => world.edges[3]!.replica.items.size === DOCUMENT_COUNT + 10;
  world.runUntil(() => (isShown() ? null : "the changes"), 5000);

  // What the edge said before it had them: one message, and all that follows answers it.
  expect(said.filter(({ from }) => from === "e3").map(({ message }) => message.kind)).toEqual([
    "join",
  ]);
  world.run(10_000);
  expect(byteCountOf(said)).toBeLessThanOrEqual(batchBytes - 10 * 64 + 1000);
});
