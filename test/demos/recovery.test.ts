import { expect, test } from "vitest";
import type { Relay } from "../../demos/cluster/relays.ts";
import { createRecoveryWatch } from "../../demos/editor/recovery.ts";

/** A relay with so many batches of the one log; null for one that is down, "closed" for one at which nobody has opened the space. */
const relayOf = (id: string, number: number | "closed" | null): Relay => {
  const logs = typeof number === "number" ? [{ incarnation: "log", home: "a", number }] : [];
  const space = number === "closed" ? null : { vector: {}, logs, sessions: 0, isOpen: true };
  return {
    id,
    url: `ws://${id}`,
    isUp: number !== null,
    pid: 1,
    health: null,
    status: number === null ? null : { incarnation: id, links: {}, space },
  };
};

type Look = readonly (number | "closed" | null)[];

/** What is said at each look at relays a, b and c. */
const story = (...looks: readonly Look[]): readonly (readonly string[])[] => {
  const watch = createRecoveryWatch();
  return looks.map((look) =>
    watch(look.map((number, index) => relayOf("abc".charAt(index), number))),
  );
};

test("nothing is said as long as nothing happens", () => {
  expect(story([1, 1, 1], [5, 4, 5], [9, 9, 9])).toEqual([[], [], []]);
});

test("a relay that comes back is followed until it has what the others had then", () => {
  const said = story(
    [3, 3, 3],
    [5, null, 5],
    [8, "closed", 8],
    [9, 6, 9],
    [12, 8, 12],
    [12, 12, 12],
  );

  expect(said).toEqual([
    [],
    ["Relay b is down. 2 of 3 are left: enough to save."],
    ["Relay b is up again."],
    [],
    ["Relay b caught up: 5 batches."],
    [],
  ]);
});

test("a relay that has missed nothing says so at once", () => {
  expect(story([3, 3, 3], [3, 3, null], [3, 3, 3])[2]).toEqual([
    "Relay c is up again.",
    "Relay c had missed nothing.",
  ]);
});

test("what only a relay has that is down itself is waited for", () => {
  const said = story(
    [3, 3, 3],
    [7, null, null],
    [null, null, null],
    ["closed", 3, null],
    [7, 7, null],
  );

  expect(said[3]).toEqual(["Relay a is up again.", "Relay b is up again."]);
  expect(said[4]).toEqual(["Relay a had missed nothing.", "Relay b caught up: 4 batches."]);
});

test("it says what is left, and what that means", () => {
  const said = story([1, 1, 1], [1, 1, null], [1, null, null], [null, null, null]);

  expect(said.slice(1).map(([sentence]) => sentence)).toEqual([
    "Relay c is down. 2 of 3 are left: enough to save.",
    "Relay b is down. 1 of 3 is left: edits are taken, but not called saved.",
    "Relay a is down. None is left: edits wait in the page.",
  ]);
});
