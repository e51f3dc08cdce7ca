/**
 * Small Yjs updates (format v1) of the same moment become one, by moving bytes: nothing in them is decoded into objects.
 *
 * What one author typed in a turn goes on where it left off, so its structs stand one behind the other under one head. That costs a few microseconds,
 * and saves a frame for every reader, a batch with its records, and what each client does for a message.
 */
import { runsOfUpdate, type UpdateRuns } from "./document-shape.ts";

/** A larger update goes alone: there is little to gain. */
const JOINABLE_BYTES_MAX = 4 * 1024;
/** What is joined has at most this many bytes. */
const JOINED_BYTES_MAX = 16 * 1024;

/** A client's structs or deleted ranges, out of several updates. */
interface Pieces {
  readonly client: number;
  count: number;
  readonly bytes: Uint8Array[];
}

interface StructPieces extends Pieces {
  readonly fromClock: number;
  toClock: number;
}

interface Draft {
  readonly first: Uint8Array;
  updateCount: number;
  byteCount: number;
  readonly structsByClient: Map<number, StructPieces>;
  readonly deletesByClient: Map<number, Pieces>;
}

/**
 * Updates that say together what these say, in order: neighbours are joined where each client's structs go on without a gap.
 *
 * The others stay as they are, and so does what is malformed. Cost: linear in the bytes.
 */
export const joinUpdates = (updates: readonly Uint8Array[]): readonly Uint8Array[] => {
  if (updates.length < 2) return updates;
  const joined: Uint8Array[] = [];
  let draft: Draft | null = null;
  for (const update of updates) {
    const runs = update.length > JOINABLE_BYTES_MAX ? null : runsOfUpdate(update);
    if (draft !== null && runs !== null && isContinued(draft, update, runs)) {
      take(draft, update, runs);
      continue;
    }
    if (draft !== null) joined.push(bytesOf(draft));
    draft = null;
    if (runs === null) joined.push(update);
    else draft = draftOf(update, runs);
  }
  if (draft !== null) joined.push(bytesOf(draft));
  return joined;
};

const draftOf = (update: Uint8Array, runs: UpdateRuns): Draft => {
  const draft: Draft = {
    first: update,
    updateCount: 0,
    byteCount: 0,
    structsByClient: new Map(),
    deletesByClient: new Map(),
  };
  take(draft, update, runs);
  return draft;
};

/** Yjs takes a list of structs as one without gaps that begins at its clock; two lists of a client in one update it would not take. */
const isContinued = (draft: Draft, update: Uint8Array, { structs }: UpdateRuns): boolean => {
  if (draft.byteCount + update.length > JOINED_BYTES_MAX) return false;
  for (const { client, fromClock } of structs) {
    const known = draft.structsByClient.get(client);
    if (known !== undefined && known.toClock !== fromClock) return false;
  }
  return true;
};

const take = (draft: Draft, update: Uint8Array, { structs, deletes }: UpdateRuns): void => {
  draft.updateCount += 1;
  draft.byteCount += update.length;
  for (const { client, count, fromByte, toByte, fromClock, toClock } of structs) {
    const bytes = update.subarray(fromByte, toByte);
    const known = draft.structsByClient.get(client);
    if (known === undefined) {
      draft.structsByClient.set(client, { client, count, bytes: [bytes], fromClock, toClock });
      continue;
    }
    known.count += count;
    known.toClock = toClock;
    known.bytes.push(bytes);
  }
  for (const { client, count, fromByte, toByte } of deletes) {
    const bytes = update.subarray(fromByte, toByte);
    const known = draft.deletesByClient.get(client);
    if (known === undefined) {
      draft.deletesByClient.set(client, { client, count, bytes: [bytes] });
      continue;
    }
    known.count += count;
    known.bytes.push(bytes);
  }
};

interface Writer {
  readonly bytes: Uint8Array;
  position: number;
}

const bytesOf = (draft: Draft): Uint8Array => {
  const { first, updateCount, byteCount, structsByClient, deletesByClient } = draft;
  if (updateCount === 1) return first;
  // A joined count may take a byte or two more than the counts that it stands for.
  const spareBytes = 16 + 8 * (structsByClient.size + deletesByClient.size);
  const writer: Writer = { bytes: pooled(byteCount + spareBytes), position: 0 };
  // Yjs merges updates in the order of their clients, the highest first, and relies on each being written so.
  const structs = [...structsByClient.values()].sort((left, right) => right.client - left.client);
  putNumber(writer, structs.length);
  for (const { client, count, bytes, fromClock } of structs) {
    putNumber(writer, count);
    putNumber(writer, client);
    putNumber(writer, fromClock);
    for (const piece of bytes) putBytes(writer, piece);
  }
  putNumber(writer, deletesByClient.size);
  for (const { client, count, bytes } of deletesByClient.values()) {
    putNumber(writer, client);
    putNumber(writer, count);
    for (const piece of bytes) putBytes(writer, piece);
  }
  return writer.bytes.subarray(0, writer.position);
};

/** Out of Node's pool: an array with a buffer of its own costs several times the bytes of a keystroke. Not a `Buffer`, whose `slice` is a view. */
const pooled = (byteCount: number): Uint8Array => {
  const { buffer, byteOffset } = Buffer.allocUnsafe(byteCount);
  return new Uint8Array(buffer, byteOffset, byteCount);
};

const putNumber = (writer: Writer, number: number): void => {
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) putByte(writer, 128 + (rest % 128));
  putByte(writer, rest);
};

const putByte = (writer: Writer, byte: number): void => {
  writer.bytes[writer.position] = byte;
  writer.position += 1;
};

const putBytes = (writer: Writer, bytes: Uint8Array): void => {
  writer.bytes.set(bytes, writer.position);
  writer.position += bytes.length;
};
