/** Putting on disk what was taken in, from edges or from other homes: all of it in one step, before anything else happens with it. */
import { covers, mergeInto, numberOf, type VersionVector } from "@syncline/clocks";
import type { AdmittedEdge, Entry, State } from "../batch.ts";
import type { DocumentHead, HomeRecord } from "../home-protocol.ts";
import { fenceAfter } from "./fencing.ts";
import { headRecord, type HomeState } from "./home-state.ts";

/** A document's head goes to disk when it is new and whenever its entries have grown by this much. */
const HEAD_EVERY_BYTES = 16 * 1024;

/** What is to be stored together: entries (each log's in order), states, edges' numbers, and what all of it covers. */
export interface Intake {
  readonly entries: readonly Entry[];
  /** The records of the entries, by `recordsOf`. */
  readonly records: readonly HomeRecord[];
  readonly states: readonly State[];
  readonly edges: readonly AdmittedEdge[];
  readonly vector: VersionVector;
}

/** Persists what was taken in, in one step; when it is on disk the home goes on with it. The caller has checked that it rests on nothing that lacks. */
export const store = (home: HomeState, intake: Intake): void => {
  const { entries, states } = intake;
  const isNothing = entries.length === 0 && states.length === 0 && intake.edges.length === 0;
  if (isNothing && covers(home.accepted, intake.vector)) return;
  const records = [...intake.records];
  for (const state of states) records.push(...stateRecords(home, state));
  for (const edge of intake.edges) if (noteEdge(home, edge)) records.push({ kind: "edge", edge });
  mergeInto(home.accepted, intake.vector);
  forgetOldEdges(home, records);
  const vector = new Map(home.accepted);
  records.push(headRecord(home, vector));
  if (!home.isUnsettled && home.config.others.length > 0) {
    home.isUnsettled = true;
    records.push({ kind: "unsettled", isUnsettled: true });
  }
  home.effects.push({
    kind: "persist",
    records,
    then: [{ kind: "submit", request: { kind: "persisted", entries, vector } }],
  });
};

/** The records of entries that are taken in, once for each: their documents grow by it, and their edges' numbers are known. */
export const recordsOf = (home: HomeState, entries: readonly Entry[]): readonly HomeRecord[] => {
  const records: HomeRecord[] = [];
  entries.forEach((entry, index) => {
    putEntry(home, entry, records);
    // Of batches in a row only the last: the record of each would be written over by the next one's. Two logs have one edge's batches each in an order of its own.
    const next = entries[index + 1];
    const isFollowed =
      next?.author?.edge === entry.author?.edge && next?.incarnation === entry.incarnation;
    if (!isFollowed) putAuthor(home, entry, records);
  });
  return records;
};

/** The record of an entry's author, who is known to have come so far. Of several entries of one author in one log it suffices to call it for the last. */
export const putAuthor = (home: HomeState, entry: Entry, records: HomeRecord[]): void => {
  const { author, incarnation, number } = entry;
  if (author === null) return;
  noteEdge(home, { edge: author.edge, number: author.number, dot: { incarnation, number } });
  const edge = home.edges.get(author.edge);
  if (edge !== undefined) records.push({ kind: "edge", edge });
};

/** The records of an entry but for its author's: its document grows by it. */
export const putEntry = (home: HomeState, entry: Entry, records: HomeRecord[]): void => {
  const { batch } = entry;
  records.push({ kind: "entry", entry });
  const head = home.documents.get(batch.document);
  const grown: DocumentHead = {
    document: batch.document,
    type: head?.type ?? batch.type,
    stateBytes: head?.stateBytes ?? 0,
    entryBytes: (head?.entryBytes ?? 0) + batch.payload.length,
    fence: fenceAfter(home, head?.fence ?? null, batch),
  };
  home.documents.set(batch.document, grown);
  const steps = (bytes: number): number => Math.floor(bytes / HEAD_EVERY_BYTES);
  const isFenceNew = grown.fence !== (head?.fence ?? null);
  if (head === undefined || isFenceNew || steps(head.entryBytes) !== steps(grown.entryBytes)) {
    records.push({ kind: "document", head: grown });
  }
};

/** A state from another home stands beside what is here as a part of its own; the next compaction makes one of them. */
const stateRecords = (home: HomeState, state: State): readonly HomeRecord[] => {
  const part = home.nextPart;
  home.nextPart += 1;
  const head = home.documents.get(state.document);
  const grown: DocumentHead = {
    document: state.document,
    type: head?.type ?? state.type,
    stateBytes: Math.max(head?.stateBytes ?? 0, state.payload.length),
    entryBytes: head?.entryBytes ?? 0,
    fence: fenceAfter(home, head?.fence ?? null, state),
  };
  home.documents.set(state.document, grown);
  // A part counts as an entry, so that a document of many parts is compacted too.
  home.entryCount += 1;
  home.entryBytes += state.payload.length;
  const stubs: HomeRecord[] = [];
  for (const [incarnation, number] of state.last) {
    if (number > numberOf(home.accepted, incarnation)) {
      stubs.push({ kind: "stub", incarnation, number, document: state.document });
    }
  }
  return [{ kind: "state", part, state }, ...stubs, { kind: "document", head: grown }];
};

/** Remembers the highest number of an edge, and returns whether it was news. The newest stand last in the map. */
const noteEdge = (home: HomeState, edge: AdmittedEdge): boolean => {
  const known = home.edges.get(edge.edge);
  if (known !== undefined && known.number >= edge.number) return false;
  home.edges.delete(edge.edge);
  home.edges.set(edge.edge, edge);
  return true;
};

const forgetOldEdges = (home: HomeState, records: HomeRecord[]): void => {
  for (const edge of home.edges.keys()) {
    if (home.edges.size <= home.limits.edgesMax) return;
    home.edges.delete(edge);
    records.push({ kind: "no-edge", edge });
  }
};
