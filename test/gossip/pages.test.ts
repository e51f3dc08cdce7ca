/** Nothing that a home says to another is larger than a frame may be, however its batches fall. */
import {
  createLinkWriter,
  createSpaceWriter,
  defaultHomeLimits,
  type SpaceMessage,
} from "@syncline/gossip";
import { expect, test } from "vitest";
import { createLoneHome } from "./lone-home.ts";

const FRAME_BYTES_MAX = 16 * 1024 * 1024;
const edge = "00000000000000e1";

const batchOf = (
  document: string,
  sizeBytes: number,
): { document: string; type: string; payload: Uint8Array } => ({
  document,
  type: "bytes",
  payload: new Uint8Array(sizeBytes),
});

const largestFrame = (messages: readonly SpaceMessage[]): number => {
  const [link, space] = [createLinkWriter(), createSpaceWriter("s", 1)];
  return Math.max(...messages.map((message) => link.message(space, message).length));
};

test("a page of catch-up ends before the largest batch", () => {
  const alone = createLoneHome(["b"]);
  alone.runtime.submitted({ kind: "unreachable", home: "b" });
  alone.runtime.received(edge, { kind: "join", edge, vector: new Map() });
  const sizes = [200 * 1024, defaultHomeLimits.batchBytesMax, 10, 200 * 1024];
  sizes.forEach((size, index) => {
    const batches = [batchOf(`document ${index}`, size)];
    alone.runtime.received(edge, { kind: "submit", firstNumber: index + 1, batches });
  });

  alone.runtime.submitted({ kind: "connected", home: "b" });
  const hello = { incarnation: "00000000000000b1", vector: new Map(), round: 0, isReply: false };
  alone.runtime.received("b", { kind: "hello", ...hello });
  alone.take("b");
  alone.runtime.received("b", { kind: "pull", number: 1, vector: new Map() });

  const fills = alone.take("b").filter((message) => message.kind === "fill");
  expect(fills.flatMap(({ entries }) => entries.map(({ number }) => number))).toEqual([1, 2, 3, 4]);
  expect(fills.at(-1)?.isLast).toBe(true);
  expect(largestFrame(fills)).toBeLessThanOrEqual(FRAME_BYTES_MAX);
});

test("many small batches of one frame go to other homes in several", () => {
  const alone = createLoneHome(["b"]);
  alone.runtime.submitted({ kind: "connected", home: "b" });
  const hello = { incarnation: "00000000000000b1", vector: new Map(), round: 1, isReply: true };
  alone.runtime.received("b", { kind: "hello", ...hello });
  alone.runtime.received(edge, { kind: "join", edge, vector: new Map() });
  alone.take("b");

  const batches = Array.from({ length: 20_000 }, () => batchOf("x", 20));
  alone.runtime.received(edge, { kind: "submit", firstNumber: 1, batches });

  const replicated = alone.take("b").filter((message) => message.kind === "replicate");
  expect(replicated.length).toBeGreaterThan(1);
  expect(replicated.flatMap(({ entries }) => entries)).toHaveLength(20_000);
  expect(largestFrame(replicated)).toBeLessThan(2 * defaultHomeLimits.pageBytesMax);
});
