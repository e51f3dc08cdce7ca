import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BLOCK_BYTES,
  decodeRecord,
  eachKey,
  encodeRecord,
  type LogRecord,
  recordBytesOf,
  rowAt,
} from "./log-record.ts";
import type { Write } from "./store.ts";

const id = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const key = fc.uint8Array({ maxLength: 40 });
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({
    kind: fc.constant("put" as const),
    key,
    value: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(4000, 4096, 9000).map((size) => new Uint8Array(size).fill(7)),
    ),
  }),
  fc.record({ kind: fc.constant("delete" as const), key }),
);
const writes = fc.array(write, { minLength: 1, maxLength: 6 });
const sequence = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

const rowsOf = (list: readonly Write[]): unknown[] =>
  list.map((one) => [
    Buffer.from(one.key).toString("latin1"),
    one.kind === "put" ? Buffer.from(one.value).toString("hex") : null,
  ]);

const readable = (record: LogRecord | null): unknown[] => {
  const rows: unknown[] = [];
  if (record === null) return rows;
  eachKey(record, (text, position) => {
    const { key: bytes, value } = rowAt(record, position);
    expect(Buffer.from(bytes).toString("latin1")).toBe(text);
    rows.push([text, value === null ? null : Buffer.from(value).toString("hex")]);
  });
  return rows;
};

test("a record is read as it was written, wherever it stands", () => {
  fc.assert(
    fc.property(writes, sequence, fc.nat({ max: 2 }), (list, number, blocksBefore) => {
      const record = encodeRecord({ id, sequence: number }, list);
      const file = Buffer.concat([Buffer.alloc(blocksBefore * BLOCK_BYTES), record.bytes]);

      const read = decodeRecord(file, blocksBefore * BLOCK_BYTES, id);

      expect(record.bytes.length).toBe(recordBytesOf(list));
      expect(record.bytes.length % BLOCK_BYTES).toBe(0);
      expect(read?.sequence).toBe(number);
      expect(read?.bytes.length).toBe(record.bytes.length);
      expect(readable(read)).toEqual(rowsOf(list));
      expect(readable(record)).toEqual(rowsOf(list));
    }),
  );
});

test("a record of another log is none", () => {
  const record = encodeRecord({ id, sequence: 1 }, [{ kind: "delete", key: Uint8Array.of(1) }]);

  expect(decodeRecord(Buffer.from(record.bytes), 0, new Uint8Array(8))).toBeNull();
});

test("a record with a changed bit, or without its end, is none", () => {
  fc.assert(
    fc.property(writes, fc.nat(), fc.nat({ max: 7 }), (list, place, bit) => {
      const { bytes } = encodeRecord({ id, sequence: 5 }, list);
      const usedBytes = bytes.findLastIndex((byte) => byte !== 0) + 1;
      const index = place % usedBytes;

      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ (1 << bit);
      expect(decodeRecord(changed, 0, id)).toBeNull();

      const torn = Buffer.from(bytes).fill(0, index);
      expect(decodeRecord(torn, 0, id)).toBeNull();
      expect(decodeRecord(Buffer.from(bytes).subarray(0, index), 0, id)).toBeNull();
    }),
  );
});
