/** Taking batches in: what edges submit becomes entries of the own log, what homes send is kept as it is; both go to disk before anything else happens. */
import { advance, covers, type Dot, mergeInto, numberOf, type VersionVector } from "@syncline/clocks";
import { assert, type ErrorCode, type PeerId } from "@syncline/machine";
import {
  type AdmittedEdge,
  type Author,
  type Batch,
  type Entry,
  NUMBER_MAX,
  type State,
} from "../batch.ts";
import type { DocumentHead, HomeRecord } from "../home-protocol.ts";
import type { CarriedBatch } from "../messages.ts";
import { whyBadName } from "../names.ts";
import { headRecord, type HomeState, ownLog, send, type Session } from "./home-state.ts";

/** A document's head goes to disk when it is new and whenever its entries have grown by this much. */
const HEAD_EVERY_BYTES = 16 * 1024;
/** Old places of carried batches that are remembered, and how many bytes of theirs. */
const CARRIED_COUNT_MAX = 4096;
const CARRIED_BYTES_MAX = 4 * 1024 * 1024;

/** Admits what is new of an edge's batches, in order; a number that is known already is only answered. */
export const admitSubmitted = (
  home: HomeState,
  session: Session,
  message: { readonly firstNumber: number; readonly batches: readonly Batch[] },
): void => {
  // The runner is about to give the directory a new incarnation; the edge will send again.
  if (home.isRolledBack) return;
  const last = message.firstNumber + message.batches.length - 1;
  if (last > NUMBER_MAX) {
    home.droppedCount += 1;
    return;
  }
  const entries: Entry[] = [];
  const records: HomeRecord[] = [];
  const after = knownElsewhere(home);
  message.batches.forEach((batch, index) => {
    const number = message.firstNumber + index;
    if (number <= (home.edges.get(session.edge)?.number ?? 0)) return;
    const refusal = whyRefused(home, batch);
    if (refusal !== null) {
      send(home, session.peer, { kind: "refused", number, ...refusal });
      return;
    }
    const entry = admit(home, after, batch, { edge: session.edge, number });
    session.ownDot = { incarnation: entry.incarnation, number: entry.number };
    entries.push(entry);
    // At once: the next batch of the message is judged by the document as this one leaves it.
    records.push(...entryRecords(home, entry));
  });
  store(home, { entries, records, states: [], edges: [], vector: home.accepted });
  if (entries.length === 0) answerKnown(home, session, last);
};

/** Admits batches that an edge was shown by a home that is gone; one entry however many edges carry it. */
export const admitCarried = (
  home: HomeState,
  session: Session,
  batches: readonly CarriedBatch[],
): void => {
  if (home.isRolledBack) return;
  const entries: Entry[] = [];
  const records: HomeRecord[] = [];
  const moves: { from: Dot; to: Dot }[] = [];
  const after = knownElsewhere(home);
  for (const { incarnation, number, batch } of batches) {
    const from = { incarnation, number };
    if (numberOf(home.accepted, incarnation) >= number) {
      // The home itself had it after all, by the time the edge's message came.
      moves.push({ from, to: from });
      continue;
    }
    const key = `${incarnation}:${number}`;
    const known = home.carried.get(key);
    // The payload is compared: otherwise the first to claim the place could keep the true batch out.
    if (known !== undefined && equalBytes(known.payload, batch.payload)) {
      moves.push({ from, to: known.dot });
      continue;
    }
    if (whyRefused(home, batch) !== null) continue;
    const entry = admit(home, after, batch, null);
    const to = { incarnation: entry.incarnation, number: entry.number };
    rememberCarried(home, key, to, batch.payload);
    entries.push(entry);
    records.push(...entryRecords(home, entry));
    moves.push({ from, to });
  }
  store(home, { entries, records, states: [], edges: [], vector: home.accepted });
  home.effects.push({
    kind: "persist",
    records: [],
    then: moves.map((move) => ({
      kind: "send",
      to: session.peer,
      message: { kind: "carried", ...move },
    })),
  });
};

/** Why a batch is not admitted, or null if it is. */
const whyRefused = (
  home: HomeState,
  batch: Batch,
): { readonly code: ErrorCode; readonly reason: string } | null => {
  const { batchBytesMax, documentBytesMax } = home.limits;
  const why = whyBadName(batch.document);
  if (why !== null) return { code: "BAD_NAME", reason: `the document's name ${why}` };
  if (batch.payload.length > batchBytesMax) {
    return {
      code: "TOO_LARGE",
      reason: `a batch of ${batch.payload.length} bytes; the limit is ${batchBytesMax}`,
    };
  }
  const head = home.documents.get(batch.document);
  if (head !== undefined && head.type !== batch.type) {
    return {
      code: "TYPE_MISMATCH",
      reason: `the document "${batch.document}" is of type ${head.type}, not ${batch.type}`,
    };
  }
  // Entries that are not merged yet count for less: most of their bytes go when they are.
  const stateBytes = (head?.stateBytes ?? 0) + batch.payload.length;
  const totalBytes = stateBytes + (head?.entryBytes ?? 0);
  if (stateBytes > documentBytesMax || totalBytes > 2 * documentBytesMax) {
    return {
      code: "TOO_LARGE",
      reason: `the document "${batch.document}" would have ${totalBytes} bytes; the limit is ${documentBytesMax}, and twice that before it is compacted`,
    };
  }
  return null;
};

/** Remembers where a carried batch was admitted; beyond the limits the oldest places are forgotten, and a late carrier adds one entry more. */
const rememberCarried = (home: HomeState, key: string, dot: Dot, payload: Uint8Array): void => {
  home.carried.set(key, { dot, payload });
  home.carriedBytes += payload.length;
  for (const [oldKey, old] of home.carried) {
    if (home.carried.size <= CARRIED_COUNT_MAX && home.carriedBytes <= CARRIED_BYTES_MAX) return;
    home.carried.delete(oldKey);
    home.carriedBytes -= old.payload.length;
  }
};

/** What is accepted of all logs but the own, for entries that are admitted now. */
const knownElsewhere = (home: HomeState): VersionVector =>
  new Map([...home.accepted].filter(([incarnation]) => incarnation !== ownLog(home)));

const admit = (
  home: HomeState,
  after: VersionVector,
  batch: Batch,
  author: Author | null,
): Entry => {
  assert(home.isOpen && !home.isRolledBack, "a home admits before it has verified its own log");
  const incarnation = ownLog(home);
  const number = numberOf(home.accepted, incarnation) + 1;
  advance(home.accepted, { incarnation, number });
  return { incarnation, number, batch, author, after };
};

/** Tells an edge that sent only what is known where the last of it stands, once that is on disk. */
const answerKnown = (home: HomeState, session: Session, number: number): void => {
  const known = home.edges.get(session.edge);
  if (known === undefined || number > known.number) return;
  const { dot } = known;
  home.effects.push({
    kind: "persist",
    records: [],
    then: [
      { kind: "send", to: session.peer, message: { kind: "admitted", number: known.number, dot } },
    ],
  });
};

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
  records.push(headRecord(home));
  if (!home.isUnsettled && home.config.others.length > 0) {
    home.isUnsettled = true;
    records.push({ kind: "unsettled", isUnsettled: true });
  }
  const vector = new Map(home.accepted);
  home.effects.push({
    kind: "persist",
    records,
    then: [{ kind: "submit", request: { kind: "persisted", entries, vector } }],
  });
};

/** The records of entries that are taken in, once for each: their documents grow by it, and their edges' numbers are known. */
export const recordsOf = (home: HomeState, entries: readonly Entry[]): readonly HomeRecord[] =>
  entries.flatMap((entry) => entryRecords(home, entry));

const entryRecords = (home: HomeState, entry: Entry): readonly HomeRecord[] => {
  const { author, batch } = entry;
  const records: HomeRecord[] = [{ kind: "entry", entry }];
  const dot = { incarnation: entry.incarnation, number: entry.number };
  if (author !== null) {
    noteEdge(home, { ...author, dot });
    const edge = home.edges.get(author.edge);
    if (edge !== undefined) records.push({ kind: "edge", edge });
  }
  const head = home.documents.get(batch.document);
  const grown: DocumentHead = {
    document: batch.document,
    type: head?.type ?? batch.type,
    stateBytes: head?.stateBytes ?? 0,
    entryBytes: (head?.entryBytes ?? 0) + batch.payload.length,
  };
  home.documents.set(batch.document, grown);
  const steps = (bytes: number): number => Math.floor(bytes / HEAD_EVERY_BYTES);
  if (head === undefined || steps(head.entryBytes) !== steps(grown.entryBytes)) {
    records.push({ kind: "document", head: grown });
  }
  return records;
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

const equalBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);

/** The session of an edge, if this is one that may speak: welcomed, and not before. */
export const speakingSession = (home: HomeState, peer: PeerId): Session | null => {
  const session = home.sessions.get(peer);
  return session === undefined || session.phase === "reading" ? null : session;
};
