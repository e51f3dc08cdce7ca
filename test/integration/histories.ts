/** Recorded keystrokes, to be typed again by real clients. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type * as Y from "yjs";

/** At a position, how many characters go and what comes. */
export type Patch = readonly [position: number, deletedCount: number, inserted: string];

/** A history of one author. */
export interface SequentialHistory {
  readonly startContent: string;
  readonly endContent: string;
  readonly txns: readonly { readonly patches: readonly Patch[] }[];
}

/** A history of several, who saw each other's edits as `parents` tells: the indexes of edits, with everything before those. */
export interface ConcurrentHistory {
  readonly endContent: string;
  readonly numAgents: number;
  readonly txns: readonly {
    readonly parents: readonly number[];
    readonly agent: number;
    readonly patches: readonly Patch[];
  }[];
}

/** Reads one of `test/data/traces`. */
export const readHistory = <History>(name: string): History =>
  JSON.parse(
    gunzipSync(readFileSync(`test/data/traces/${name}.json.gz`)).toString("utf8"),
  ) as History;

/** Types one edit. Positions beyond the end, which a history has when its author sees less than it did, are moved to it. */
export const typePatches = (body: Y.Text, patches: readonly Patch[]): void => {
  for (const [position, deletedCount, inserted] of patches) {
    const at = Math.min(position, body.length);
    const count = Math.min(deletedCount, body.length - at);
    if (count > 0) body.delete(at, count);
    if (inserted.length > 0) body.insert(at, inserted);
  }
};

/** Lets sockets and timers have their turn. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
