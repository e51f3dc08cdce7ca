/** An open log as its parts see it. */
import { closeSync } from "node:fs";
import type { EntryIndex } from "./entry-index.ts";
import type { Facts } from "./facts.ts";
import type { LogIdentity } from "./log-identity.ts";
import type { SegmentFile } from "./segment-file.ts";
import type { SnapshotFiles } from "./snapshot-files.ts";
import type { SpareFiles } from "./spare-files.ts";

/** One file of the log. */
export interface Segment {
  readonly path: string;
  readonly firstSequence: number;
  entryIndexMax: number;
  /** For reading, once it was. */
  descriptor: number | null;
}

/** An open log. `index` and `facts` are what is on disk. */
export interface LogState {
  readonly directory: string;
  readonly identity: LogIdentity;
  readonly segmentBytesMax: number;
  readonly index: EntryIndex;
  readonly snapshots: SnapshotFiles;
  readonly spares: SpareFiles;
  facts: Facts;
  factsBytes: Uint8Array;
  /** The batch that the next one follows. */
  previousSequence: number;
  previousChecksum: number;
  sequenceMax: number;
  /** All files, oldest first. The last is the one that is written, if `file` is not null. */
  readonly segments: Segment[];
  file: SegmentFile | null;
  buffer: Buffer;
  removal: Promise<void>;
  isClosed: boolean;
  sealTimer: NodeJS.Timeout | null;
}

/** Stops reading from a file. */
export const closeReader = (segment: Segment): void => {
  if (segment.descriptor !== null) closeSync(segment.descriptor);
  segment.descriptor = null;
};
