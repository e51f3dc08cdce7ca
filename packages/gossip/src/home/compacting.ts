/** Merging a document's entries into one state, at the side: the home reads and writes, somebody else (who knows the type) merges. */
import { covers, difference, numberOf, type VersionVector } from "@syncline/clocks";
import { assert } from "@syncline/machine";
import { type Entry, sizeOf, type State } from "../batch.ts";
import type { HomeRecord, HomeRow } from "../home-protocol.ts";
import { startQueuedCatchUps } from "./catching-up.ts";
import { causalOrder } from "./causal-order.ts";
import { documentsToPropose, propose } from "./fencing-leader.ts";
import { type Compaction, deliver, headRecord, type HomeState } from "./home-state.ts";

/** How often the limits may be passed before entries are merged that some other home still lacks. */
const BACKLOG_FACTOR = 8;

/**
 * Begins a compaction if there is enough to merge.
 *
 * Entries that another home lacks are left alone for a while: sent one by one they are smaller than a document's whole state. When a home is
 * away for long the backlog ends that: it then gets states.
 */
export const considerCompaction = (home: HomeState): void => {
  if (home.compaction !== null || home.isRolledBack) return;
  const isProposing = documentsToPropose(home).length > 0;
  const { compactAfterEntries, compactAfterBytes } = home.limits;
  const backlog = Math.max(
    home.entryCount / compactAfterEntries,
    home.entryBytes / compactAfterBytes,
  );
  // A fold that is on its way to the disk would not be in it yet.
  const isShrinking = home.foldedDocuments.size > 0 && covers(home.durable, home.accepted);
  if (backlog < 1 && !isProposing && !isShrinking) return;
  const isEverywhere = [...home.peers.values()].every((peer) => covers(peer.vector, home.durable));
  if (!isEverywhere && backlog < BACKLOG_FACTOR && !isProposing) return;
  const cut = new Map(home.durable);
  home.compaction = {
    cut,
    entryCount: home.entryCount,
    entryBytes: home.entryBytes,
    ranges: difference(cut, new Map()).map((range) => ({ ...range })),
    entriesByDocument: new Map(),
    stubs: [],
    queue: [],
    current: null,
    merged: null,
    isPersisting: false,
  };
  readOn(home, home.compaction);
};

/** Takes an answer of the store, if it is for the compaction; returns whether it was. */
export const whenCompactionLoaded = (
  home: HomeState,
  token: number,
  rows: readonly HomeRow[],
): boolean => {
  const { compaction } = home;
  if (compaction === null || token !== home.compactionToken) return false;
  const [range] = compaction.ranges;
  if (range === undefined) {
    takeParts(home, compaction, rows);
    return true;
  }
  const reached = takeRows(compaction, rows);
  if (reached === null || reached + 1 >= range.toNumber) compaction.ranges.shift();
  else range.fromNumber = reached + 1;
  readOn(home, compaction);
  return true;
};

const load = (home: HomeState, query: Parameters<typeof asLoad>[1]): void => {
  home.compactionToken = home.nextToken;
  home.nextToken += 1;
  home.effects.push(asLoad(home.compactionToken, query));
};

const asLoad = (
  token: number,
  query:
    | { kind: "log"; incarnation: string; fromNumber: number; toNumber: number; bytesMax: number }
    | { kind: "states"; document: string },
): { kind: "load"; token: number; query: typeof query } => ({ kind: "load", token, query });

const readOn = (home: HomeState, compaction: Compaction): void => {
  const [range] = compaction.ranges;
  if (range !== undefined) {
    load(home, { kind: "log", ...range, bytesMax: home.limits.pageBytesMax });
    return;
  }
  for (const [document, read] of compaction.entriesByDocument) {
    const entries = causalOrder(read);
    compaction.entriesByDocument.set(document, entries);
    const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry.batch), 0);
    const isWorthIt =
      entries.length >= home.limits.compactEntriesMin || bytes >= home.limits.compactAfterBytes / 4;
    if (isWorthIt) compaction.queue.push(document);
  }
  const folded = [...home.foldedDocuments, ...documentsToPropose(home)];
  home.foldedDocuments.clear();
  compaction.queue = [...new Set([...compaction.queue, ...folded])];
  mergeNext(home, compaction);
};

const takeRows = (compaction: Compaction, rows: readonly HomeRow[]): number | null => {
  let reached: number | null = null;
  for (const row of rows) {
    if (row.kind === "entry") {
      const { document } = row.entry.batch;
      const entries = compaction.entriesByDocument.get(document) ?? [];
      entries.push(row.entry);
      compaction.entriesByDocument.set(document, entries);
      reached = row.entry.number;
    } else if (row.kind === "stub") {
      compaction.stubs.push(row);
      reached = row.number;
    }
  }
  return reached;
};

const mergeNext = (home: HomeState, compaction: Compaction): void => {
  const document = compaction.queue.shift();
  if (document === undefined) {
    home.compaction = null;
    // What is left is not worth merging; it is not counted again, or the next batch would read everything once more.
    home.entryCount -= compaction.entryCount;
    home.entryBytes -= compaction.entryBytes;
    startQueuedCatchUps(home);
    return;
  }
  compaction.current = { document, parts: null };
  load(home, { kind: "states", document });
};

const takeParts = (home: HomeState, compaction: Compaction, rows: readonly HomeRow[]): void => {
  const { current } = compaction;
  assert(current !== null, "a compaction read states without a document");
  const parts = rows.flatMap((row) =>
    row.kind === "state" ? [{ part: row.part, state: row.state }] : [],
  );
  current.parts = parts;
  const entries = compaction.entriesByDocument.get(current.document) ?? [];
  const type = home.documents.get(current.document)?.type ?? entries[0]?.batch.type ?? "";
  const payloads = [
    ...parts.map(({ state }) => state.payload),
    ...entries.map((entry) => entry.batch.payload),
  ];
  deliver(home, { kind: "compact", document: current.document, type, payloads });
};

/** Takes the merged state and what follows from it, and writes it as soon as no catch-up reads. Null leaves the document as it is. */
export const whenCompacted = (
  home: HomeState,
  document: string,
  payload: Uint8Array | null,
  proposal: Uint8Array | null,
): void => {
  const { compaction } = home;
  if (compaction === null || compaction.current?.document !== document) return;
  propose(home, document, proposal);
  if (payload === null) {
    mergeNext(home, compaction);
    return;
  }
  compaction.merged = payload;
  writeMerged(home);
};

/** Writes a merged state that waited for catch-ups, if the last of them is over. */
export const writeMerged = (home: HomeState): void => {
  const { compaction } = home;
  if (compaction === null || compaction.merged === null || compaction.isPersisting) return;
  const { document, parts } = compaction.current ?? { document: "", parts: null };
  if (home.catchUps.size > 0 || parts === null) return;
  const entries = compaction.entriesByDocument.get(document) ?? [];
  const last = lastOf(entries, parts);
  const { type = "", fence = null } = home.documents.get(document) ?? {};
  const records: HomeRecord[] = parts.map(({ part }) => ({ kind: "no-state", part, document }));
  const state: State = { document, type, payload: compaction.merged, last };
  records.push({ kind: "state", part: home.nextPart, state });
  home.nextPart += 1;
  records.push(...placeRecords(compaction, document, entries, last));
  const head = { document, type, stateBytes: compaction.merged.length, entryBytes: 0, fence };
  home.documents.set(document, head);
  records.push({ kind: "document", head }, headRecord(home, new Map(home.accepted)));
  compaction.isPersisting = true;
  home.effects.push({
    kind: "persist",
    records,
    then: [{ kind: "submit", request: { kind: "compaction-persisted" } }],
  });
};

const lastOf = (
  entries: readonly Entry[],
  parts: readonly { readonly state: State }[],
): Map<string, number> => {
  const last = new Map<string, number>();
  const note = (incarnation: string, number: number): void => {
    if (numberOf(last, incarnation) < number) last.set(incarnation, number);
  };
  for (const { state } of parts) {
    for (const [incarnation, number] of state.last) note(incarnation, number);
  }
  for (const entry of entries) note(entry.incarnation, entry.number);
  return last;
};

/** Of each log only the document's last place stays, as a stub that leads a catch-up from there to the state. */
const placeRecords = (
  compaction: Compaction,
  document: string,
  entries: readonly Entry[],
  last: VersionVector,
): readonly HomeRecord[] => {
  const records: HomeRecord[] = [];
  const places = [...entries, ...compaction.stubs.filter((stub) => stub.document === document)];
  for (const { incarnation, number } of places) {
    const isLast = numberOf(last, incarnation) === number;
    records.push(
      isLast
        ? { kind: "stub", incarnation, number, document }
        : { kind: "no-entry", incarnation, number },
    );
  }
  return records;
};

/** The merged state is on disk: on with the next document, and with the catch-ups that waited. */
export const whenCompactionPersisted = (home: HomeState): void => {
  const { compaction } = home;
  assert(compaction !== null && compaction.isPersisting, "a compaction ended that had not begun");
  compaction.isPersisting = false;
  compaction.merged = null;
  compaction.current = null;
  startQueuedCatchUps(home);
  mergeNext(home, compaction);
};
