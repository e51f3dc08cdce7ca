/** Real keystrokes as Yjs updates, prepared before anything is measured. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as Y from "yjs";
import { repositoryRoot } from "../machine/repository.ts";
import { extentOf } from "./update-extent.ts";

/** The one who types; the same in every room, since rooms do not meet. */
export const AUTHOR = 1_234_567_890;

/** The text that is typed into. */
export const TEXT_NAME = "body";

/** A history as one author's updates, each made of one keystroke. */
export interface Keystrokes {
  readonly updates: readonly Uint8Array[];
  /** After update i, the number of the author's next item. */
  readonly clockAfter: readonly number[];
  /** After update i, how many items have been deleted. */
  readonly deletedAfter: readonly number[];
  /** What stands there in the end. */
  readonly text: string;
}

interface History {
  readonly txns: readonly {
    readonly patches: readonly (readonly [
      position: number,
      deletedCount: number,
      inserted: string,
    ])[];
  }[];
}

/** The first keystrokes of the history of a paper (at most 259,778); takes about 10 µs each. */
export const readKeystrokes = (count: number): Keystrokes => {
  const { txns } = readHistory();
  if (count > txns.length) throw new RangeError(`the history has ${txns.length} keystrokes only`);
  const doc = new Y.Doc();
  doc.clientID = AUTHOR;
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  const body = doc.getText(TEXT_NAME);
  for (const { patches } of txns.slice(0, count)) {
    doc.transact(() => {
      for (const [position, deletedCount, inserted] of patches) {
        if (deletedCount > 0) body.delete(position, deletedCount);
        if (inserted.length > 0) body.insert(position, inserted);
      }
    });
  }
  return { updates, ...placesOf(updates), text: body.toString() };
};

/** Read once: it is ten megabytes of JSON. */
let history: History | null = null;

const readHistory = (): History => {
  history ??= parseHistory();
  return history;
};

const parseHistory = (): History => {
  const path = join(repositoryRoot, "test/data/traces/automerge-paper.json.gz");
  return JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as History;
};

const placesOf = (
  updates: readonly Uint8Array[],
): Pick<Keystrokes, "clockAfter" | "deletedAfter"> => {
  const clockAfter: number[] = [];
  const deletedAfter: number[] = [];
  let clock = 0;
  let deleted = 0;
  for (const update of updates) {
    const { toClock, deletedCount } = extentOf(update, AUTHOR);
    clock = Math.max(clock, toClock);
    deleted += deletedCount;
    clockAfter.push(clock);
    deletedAfter.push(deleted);
  }
  return { clockAfter, deletedAfter };
};
