import { expect, test } from "vitest";
import { createRoomOutbox, type Pending, type RoomOutbox } from "./room-outbox.ts";
import type { StockSession } from "./stock-session.ts";

const author = {} as StockSession;

const outboxOf = (...numbers: readonly number[]): RoomOutbox => {
  const outbox = createRoomOutbox();
  for (const number of numbers) outbox.add({ number, author, payload: Uint8Array.of(number) });
  return outbox;
};

const numbersOf = (changes: readonly Pending[]): readonly number[] =>
  changes.map(({ number }) => number);

test("each change is shown once and settled once, in order", () => {
  const outbox = outboxOf(1, 2, 3);

  const first = outbox.reach({ relay: 2, quorum: 0 });
  const again = outbox.reach({ relay: 2, quorum: 1 });
  const last = outbox.reach({ relay: 3, quorum: 3 });

  expect([first, again, last].map(({ shown }) => numbersOf(shown))).toEqual([[1, 2], [], [3]]);
  expect([first, again, last].map(({ settled }) => numbersOf(settled))).toEqual([[], [1], [2, 3]]);
  expect(outbox.isEmpty).toBe(true);
});

test("what is refused is neither shown nor settled", () => {
  const outbox = outboxOf(1, 2);

  expect(numbersOf(outbox.refuse((number) => number === 1))).toEqual([1]);

  expect(numbersOf(outbox.reach({ relay: 2, quorum: 2 }).settled)).toEqual([2]);
});

test("what no home has yet is known", () => {
  const outbox = outboxOf(1, 2, 3);

  outbox.reach({ relay: 1, quorum: 0 });

  expect(outbox.unshownPayloads).toEqual([Uint8Array.of(2), Uint8Array.of(3)]);
});
