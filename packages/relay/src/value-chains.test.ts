/** Two devices under one replica id: the second is found out, and nobody else is taken for one. */
import { encodeDelta, newOrigin, type Origin, pnCounter } from "@syncline/crdt";
import type { Batch } from "@syncline/gossip";
import { expect, test } from "vitest";
import { createValueChains } from "./value-chains.ts";

const replica = "00000000000000aa";

interface Device {
  next(): Batch;
  /** Another device that goes on from here, as after a copy of the profile, or the same after a reload. */
  again(session: number): Device;
}

const deviceAt = (origin: Origin, session: number): Device => {
  let at = origin;
  return {
    next: () => {
      const delta = pnCounter.mutators.increment(pnCounter.bottom(), replica, at.number + 1);
      const { payload, origin: next } = encodeDelta(
        pnCounter,
        { replica, origin: at, session },
        delta,
      );
      at = next;
      return { document: "likes", type: "pn-counter", payload };
    },
    again: (newSession) => deviceAt(at, newSession),
  };
};

const start = (): {
  device: Device;
  isCloned: (batch: Batch) => boolean;
  note: (batch: Batch) => void;
} => {
  const chains = createValueChains();
  return {
    device: deviceAt(newOrigin, 1),
    isCloned: (batch) => chains.isCloned("s", batch),
    note: (batch) => chains.note("s", batch),
  };
};

test("one device, with reloads, resends and lost batches, is one", () => {
  const { device, isCloned } = start();
  const sent = [device.next(), device.next(), device.next()];
  const reloaded = device.again(2);
  sent.push(reloaded.next());
  // What a home refused, or what never left, is a gap.
  reloaded.next();
  sent.push(reloaded.next());

  expect([...sent, ...sent].map(isCloned)).toEqual(Array(10).fill(false));
});

test("the second device is found out at once, also where both did the same", () => {
  const { device, isCloned } = start();
  isCloned(device.next());
  const copy = device.again(2);

  expect(isCloned(device.next())).toBe(false);
  expect(isCloned(copy.next())).toBe(true);
});

test("everything that it sends from then on is refused", () => {
  const { device, isCloned } = start();
  const copy = device.again(2);
  isCloned(device.next());

  expect([copy.next(), copy.next(), copy.next(), copy.next()].map(isCloned)).toEqual(
    Array(4).fill(true),
  );
  expect(isCloned(device.next())).toBe(false);
});

test("one that was away is found out though the other has gone on", () => {
  const { device, isCloned } = start();
  isCloned(device.next());
  const copy = device.again(2);
  for (let index = 0; index < 20; index += 1) isCloned(device.next());

  expect(isCloned(copy.next())).toBe(true);
});

test("it is found out by what another relay has admitted", () => {
  const { device, isCloned, note } = start();
  const copy = device.again(2);
  note(device.next());

  expect(isCloned(copy.next())).toBe(true);
});

test("what came before this process began is not held against anybody", () => {
  const { device, isCloned } = start();
  const old = device.next();
  device.next();
  const reloaded = device.again(2);

  expect(isCloned(reloaded.next())).toBe(false);
  expect(isCloned(old)).toBe(false);
});

test("other documents, spaces and types do not count", () => {
  const { device } = start();
  const chains = createValueChains();
  const copy = device.again(2);
  const [batch, other] = [device.next(), copy.next()];
  chains.isCloned("s", batch);

  expect(chains.isCloned("t", other)).toBe(false);
  expect(chains.isCloned("s", { ...other, document: "visits" })).toBe(false);
  expect(chains.isCloned("s", { ...other, type: "yjs" })).toBe(false);
});
