/** Many small payloads in little memory: one after the other in shared bytes. As arrays of their own each would cost some two hundred bytes more. */

/** Payloads in the order in which they came. */
export interface PackedPayloads {
  readonly count: number;
  /** The sum of their bytes. */
  readonly bytes: number;
  /** Takes a copy in. */
  add(payload: Uint8Array): void;
  /** All of them, as views that stay good. */
  list(): readonly Uint8Array[];
  /** Drops the first ones. Cost: a copy of the others. */
  dropFirst(count: number): void;
}

const CAPACITY_MIN = 256;

/** No payloads. */
export const createPackedPayloads = (): PackedPayloads => {
  let packed = new Uint8Array(0);
  let usedBytes = 0;
  /** Where each ends. */
  let ends: number[] = [];

  const reserve = (byteCount: number): void => {
    if (usedBytes + byteCount <= packed.length) return;
    // Into new bytes: those that were given out as views stay as they are.
    const larger = new Uint8Array(Math.max(usedBytes + byteCount, packed.length * 2, CAPACITY_MIN));
    larger.set(packed.subarray(0, usedBytes));
    packed = larger;
  };

  return {
    get count() {
      return ends.length;
    },
    get bytes() {
      return usedBytes;
    },
    add: (payload) => {
      reserve(payload.length);
      packed.set(payload, usedBytes);
      usedBytes += payload.length;
      ends.push(usedBytes);
    },
    list: () => ends.map((end, index) => packed.subarray(ends[index - 1] ?? 0, end)),
    dropFirst: (count) => {
      if (count === 0) return;
      const start = ends[count - 1] ?? 0;
      packed = packed.slice(start, usedBytes);
      usedBytes -= start;
      ends = ends.slice(count).map((end) => end - start);
    },
  };
};
