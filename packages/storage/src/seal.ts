/** Checksums around every value: LMDB believes what the disk gives it, we do not. */
import { crc32 } from "node:zlib";

/** The CRC-32 of the key, then that of key and value. */
const SEAL_BYTES = 8;

/**
 * A copy of the value behind its checksums.
 *
 * The key is in both, so a value under another's key is found out. The first is of the key alone: whether a key is the one that was written can
 * be told without reading a value that may be large.
 */
export const seal = (key: Uint8Array, value: Uint8Array): Uint8Array => {
  const sealed = Buffer.allocUnsafe(SEAL_BYTES + value.length);
  const keyChecksum = crc32(key);
  sealed.writeUInt32BE(keyChecksum);
  sealed.writeUInt32BE(crc32(value, keyChecksum), 4);
  sealed.set(value, SEAL_BYTES);
  return sealed;
};

/** A copy of the value in what `seal` made, or null if it is damaged or another key's. */
export const unseal = (key: Uint8Array, sealed: Uint8Array): Uint8Array | null => {
  if (sealed.length < SEAL_BYTES) return null;
  const value = sealed.subarray(SEAL_BYTES);
  return checksumAt(sealed, 4) === crc32(value, crc32(key)) ? new Uint8Array(value) : null;
};

/** Whether the key is the one under which this was stored. Says nothing of the value. */
export const isSealOf = (key: Uint8Array, sealed: Uint8Array): boolean =>
  sealed.length >= SEAL_BYTES && checksumAt(sealed, 0) === crc32(key);

const checksumAt = (sealed: Uint8Array, offset: number): number =>
  new DataView(sealed.buffer, sealed.byteOffset, SEAL_BYTES).getUint32(offset);
