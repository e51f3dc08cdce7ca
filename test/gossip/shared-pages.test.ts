/** Edges that open a space together are sent the same pages: one message, one frame, however many they are. */
import { createLinkWriter, createSpaceWriter, type SpaceMessage } from "@syncline/gossip";
import { expect, test } from "vitest";
import { createLoneHome, type LoneHome } from "./lone-home.ts";

const author = "00000000000000e1";
const newcomers = ["00000000000000e2", "00000000000000e3"] as const;

/** A home with so many batches of an author, of 10 kB each, in pages of 20 kB. */
const homeWith = (batchCount: number): LoneHome => {
  const alone = createLoneHome([], { pageBytesMax: 20_000 });
  alone.runtime.received(author, { kind: "join", edge: author, vector: new Map() });
  for (let number = 1; number <= batchCount; number += 1) {
    const batch = { document: "notes", type: "bytes", payload: new Uint8Array(10_000) };
    alone.runtime.received(author, { kind: "submit", firstNumber: number, batches: [batch] });
  }
  return alone;
};

type Group = Extract<SpaceMessage, { kind: "group" }>;

const groupsOf = (alone: LoneHome, edge: string): readonly Group[] => {
  alone.runtime.received(edge, { kind: "join", edge, vector: new Map() });
  return alone.take(edge).filter((message) => message.kind === "group");
};

test("two newcomers are sent the same messages, but for the last", () => {
  const alone = homeWith(5);

  const [first = [], second = []] = newcomers.map((edge) => groupsOf(alone, edge));

  expect(first.length).toBeGreaterThan(2);
  expect(second.length).toBe(first.length);
  first.slice(0, -1).forEach((group, index) => expect(second[index]).toBe(group));
  expect(first.at(-1)).toMatchObject({ isLast: true, entries: [], states: [] });
});

test("a page that was sent is the same bytes on the next connection, whatever was sent meanwhile", () => {
  const alone = homeWith(5);
  const space = createSpaceWriter("s", 1);
  const frames = newcomers.map((edge) => {
    const link = createLinkWriter();
    const groups = groupsOf(alone, edge);
    // Names the space and its log, as a welcome does.
    link.message(space, { kind: "admitted", number: 1, dot: dotOf(groups) });
    return groups.map((message) => link.message(space, message));
  });

  const [first = [], second = []] = frames;
  first.slice(0, -1).forEach((frame, index) => expect(second[index]).toBe(frame));
});

test("an author that comes back with nothing gets a page of its own, without its bytes", () => {
  const alone = homeWith(3);
  const others = groupsOf(alone, newcomers[0]);
  alone.runtime.submitted({ kind: "disconnected", peer: author });
  alone.take(author);

  const own = groupsOf(alone, author);

  expect(others.flatMap(({ entries }) => entries).every(({ batch }) => batch !== null)).toBe(true);
  expect(own.flatMap(({ entries }) => entries).map(({ ownNumber }) => ownNumber)).toEqual([
    1, 2, 3,
  ]);
  expect(own.flatMap(({ entries }) => entries).every(({ batch }) => batch === null)).toBe(true);
});

const dotOf = (groups: readonly Group[]): { incarnation: string; number: number } => {
  const entry = groups[0]?.entries[0];
  return { incarnation: entry?.incarnation ?? "", number: entry?.number ?? 0 };
};
