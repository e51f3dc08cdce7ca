/** One group of records, made durable: chunks of snapshots first, then one batch. */
import { join } from "node:path";
import { writeErrorOf } from "../storage-errors.ts";
import { batchBytesOf, encodeBatch, firstRecordAt, RECORD_HEADER_BYTES } from "./batch.ts";
import { type Draft, draftBatch } from "./draft.ts";
import { closeReader, type LogState } from "./log-state.ts";
import type { RaftLogRecord } from "./records.ts";
import { createSegmentFile, type SegmentFile, takeSegmentFile } from "./segment-file.ts";
import { segmentNameOf } from "./segment-names.ts";
import type { Chunk } from "./snapshot-files.ts";

/** Writes one group. To be called again only after `done(null)`; after an error never. */
export const writeRecords = (
  log: LogState,
  records: readonly RaftLogRecord[],
  done: (error: Error | null) => void,
): void => {
  const answer = (error: Error | null): void => done(error === null ? null : writeErrorOf(error));
  const succeed = (): void => done(null);
  if (records.some(isOfSnapshots)) writeWithSnapshots(log, records).then(succeed, answer);
  else writeBatch(log, records, answer);
};

const isOfSnapshots = ({ kind }: RaftLogRecord): boolean =>
  kind === "chunk" || kind === "no-chunks";

/**
 * Chunks go first, since a fact in the batch may say that they hold, and removals last, since it may have named what is removed until then. A snapshot that was
 * removed and begun anew within one group keeps what came after.
 */
const writeWithSnapshots = async (
  log: LogState,
  records: readonly RaftLogRecord[],
): Promise<void> => {
  const chunks: Chunk[] = [];
  const removed = new Set<string>();
  for (const record of records) {
    if (record.kind === "chunk") {
      chunks.push(record);
      removed.delete(record.snapshot);
    } else if (record.kind === "no-chunks") removed.add(record.snapshot);
  }
  await log.snapshots.write(chunks.filter(({ snapshot }) => !removed.has(snapshot)));
  if (!records.every(isOfSnapshots)) {
    await new Promise<void>((resolve, reject) => {
      writeBatch(log, records, (error) => (error === null ? resolve() : reject(error)));
    });
  }
  if (removed.size > 0) await log.snapshots.remove([...removed]);
};

const writeBatch = (
  log: LogState,
  records: readonly RaftLogRecord[],
  done: (error: Error | null) => void,
): void => {
  const draft = draftBatch(log.index, log, records);
  const byteCount = batchBytesOf(draft.factsBytes.length, draft.records);
  const { file } = log;
  if (file !== null && isStayedIn(log, file, byteCount)) {
    return appendBatch(log, file, { draft, byteCount, done });
  }
  beginSegment(log).then((begun) => appendBatch(log, begun, { draft, byteCount, done }), done);
};

/** A file is left when it is full, and before it must grow if another stands ready. */
const isStayedIn = (log: LogState, file: SegmentFile, byteCount: number): boolean => {
  const neededBytes = file.usedBytes + byteCount;
  if (neededBytes <= file.roomBytes) return true;
  return neededBytes <= log.segmentBytesMax && !log.spares.isReady;
};

const beginSegment = async (log: LogState): Promise<SegmentFile> => {
  await log.file?.close();
  const firstSequence = log.sequenceMax + 1;
  const path = join(log.directory, segmentNameOf(firstSequence, log.previousSequence));
  const spare = log.spares.take();
  const file = await (spare === null
    ? createSegmentFile(path, log.segmentBytesMax)
    : takeSegmentFile(spare, path));
  log.file = file;
  // One of this name was begun by a process that wrote nothing whole into it.
  if (log.segments.at(-1)?.firstSequence === firstSequence) log.segments.pop();
  log.segments.push({ path, firstSequence, entryIndexMax: 0, descriptor: null });
  return file;
};

interface BatchWrite {
  readonly draft: Draft;
  readonly byteCount: number;
  readonly done: (error: Error | null) => void;
}

const appendBatch = (
  log: LogState,
  file: SegmentFile,
  { draft, byteCount, done }: BatchWrite,
): void => {
  if (log.buffer.length < byteCount) log.buffer = Buffer.allocUnsafeSlow(byteCount);
  const at = file.usedBytes;
  const sequence = log.sequenceMax + 1;
  const { last, base, factsBytes: facts } = draft;
  const head = { sequence, previousChecksum: log.previousChecksum, last, base, facts };
  const checksum = encodeBatch(log.buffer, log.identity.id, head, draft.records);
  file.append(log.buffer, byteCount, (error) => {
    if (error !== null) return done(error);
    log.sequenceMax = sequence;
    log.previousSequence = sequence;
    log.previousChecksum = checksum;
    if (file.usedBytes > file.roomBytes / 2) log.spares.prepare();
    takeBatch(log, draft, at);
    done(null);
  });
};

/** The batch is on disk: it is what is read from now on. */
const takeBatch = (
  log: LogState,
  { records, facts, factsBytes, base }: Draft,
  batchAt: number,
): void => {
  const segment = log.segments.at(-1);
  if (segment === undefined) return;
  let at = batchAt + firstRecordAt(factsBytes.length);
  const hasNewBase = base.index !== log.index.base.index;
  for (const record of records) {
    let byteCount = RECORD_HEADER_BYTES;
    switch (record.kind) {
      case "entry": {
        const { entry } = record;
        byteCount += entry.bytes.length;
        log.index.put(entry, { segment: segment.firstSequence, at, byteCount });
        segment.entryIndexMax = Math.max(segment.entryIndexMax, entry.index);
        break;
      }
      case "truncation":
        log.index.truncate(record.fromIndex);
        break;
      case "base":
        log.index.moveBase(record.base);
        break;
    }
    at += byteCount;
  }
  log.facts = facts;
  log.factsBytes = factsBytes;
  if (hasNewBase) removeOldSegments(log);
};

/** Oldest first, and each one's name is gone for good before the next: a gap between files would look like damage. */
const removeOldSegments = (log: LogState): void => {
  while (log.segments.length > 1 && (log.segments[0]?.entryIndexMax ?? 0) <= log.index.base.index) {
    const segment = log.segments.shift();
    if (segment === undefined) return;
    closeReader(segment);
    log.removal = log.removal.then(() => log.spares.give(segment.path));
    // Files more than needed do no harm; where one cannot be removed, none behind it is either.
    log.removal.catch(() => {});
  }
};
