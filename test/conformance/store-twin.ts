/** The dumb twin of a store: a map by hex, sorted anew for every question. */
import type { RangeQuery, StoreRow, Write } from "@syncline/storage";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, everything, put, remove, type WithStore } from "./store-bytes.ts";

/** Values by their key in hex, which sorts as the bytes do. */
type Twin = Map<string, Uint8Array>;

/** A store does what its twin does. */
export const describeTwin = (withStore: WithStore): void => {
  const seed = 20_260_901;
  const octet = fc.constantFrom(0, 1, 2, 127, 128, 254, 255);
  const key = fc.array(octet, { maxLength: 3 }).map((values) => bytes(...values));
  const value = fc.uint8Array({ maxLength: 40 });
  const write: fc.Arbitrary<Write> = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(key, value).map(([at, what]) => put(at, what)) },
    { weight: 1, arbitrary: key.map(remove) },
  );
  const calls = fc.array(fc.array(write, { maxLength: 8 }), { minLength: 1, maxLength: 6 });
  const query = fc.record({
    fromKey: key,
    toKey: key,
    rowsMax: fc.nat({ max: 12 }),
    bytesMax: fc.nat({ max: 200 }),
  });
  const rounds = fc.array(fc.record({ calls, query, key }), { maxLength: 8 });

  test(
    `it does what a sorted map does (seed ${seed})`,
    () =>
      fc.assert(
        fc.asyncProperty(rounds, (steps) =>
          withStore(async (store) => {
            const twin: Twin = new Map();
            for (const step of steps) {
              for (const writes of step.calls) applyTo(twin, writes);
              await Promise.all(step.calls.map((writes) => store.write(writes)));

              expect(await store.range(step.query)).toEqual(entriesOf(twin, step.query));
              expect(await store.range(everything)).toEqual(entriesOf(twin, everything));
              expect(await store.get(step.key)).toEqual(get(twin, step.key));
            }
          }),
        ),
        { seed, numRuns: 60 },
      ),
    60_000,
  );
};

const hexOf = (key: Uint8Array): string => Buffer.from(key).toString("hex");
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

/** Applies the writes of a call. */
const applyTo = (twin: Twin, writes: readonly Write[]): void => {
  for (const write of writes) {
    if (write.kind === "put") twin.set(hexOf(write.key), write.value);
    else twin.delete(hexOf(write.key));
  }
};

/** The value at a key, or null. */
const get = (twin: Twin, key: Uint8Array): Uint8Array | null => twin.get(hexOf(key)) ?? null;

/** The rows of a range. */
const entriesOf = (twin: Twin, query: RangeQuery): readonly StoreRow[] => {
  const inRange = [...twin.keys()]
    .filter((hex) => hex >= hexOf(query.fromKey) && hex < hexOf(query.toKey))
    .toSorted()
    .map((hex): StoreRow => ({ key: bytesOf(hex), value: twin.get(hex) ?? new Uint8Array() }))
    .slice(0, query.rowsMax);
  let byteCount = 0;
  const lastIndex = inRange.findIndex(({ key, value }) => {
    byteCount += key.length + value.length;
    return byteCount >= query.bytesMax;
  });
  return lastIndex === -1 ? inRange : inRange.slice(0, lastIndex + 1);
};
