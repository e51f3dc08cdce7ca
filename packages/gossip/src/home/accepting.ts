/** Taking in what edges submit and carry: it becomes entries of the own log. */
import { advance, type Dot, numberOf, type VersionVector } from "@syncline/clocks";
import { assert, type ErrorCode, type PeerId } from "@syncline/machine";
import { type Author, type Batch, type Entry, NUMBER_MAX } from "../batch.ts";
import type { HomeRecord } from "../home-protocol.ts";
import type { CarriedBatch } from "../messages.ts";
import { whyBadName } from "../names.ts";
import { tellAdmitted } from "./acknowledging.ts";
import { isProposal, whyFenced } from "./fencing.ts";
import { type HomeState, ownLog, send, type Session } from "./home-state.ts";
import { putAuthor, putEntry, recordsOf, store } from "./storing.ts";

/** Old places of carried batches that are remembered, and how many bytes of theirs. */
const CARRIED_COUNT_MAX = 4096;
const CARRIED_BYTES_MAX = 4 * 1024 * 1024;

/** A batch of this share of a document's limit is small: 4 KiB of 16 MiB, which nearly every deletion keeps to. */
const SMALL_BATCH_SHARE = 1 / 4096;

/** Admits what is new of an edge's batches, in order; a number that is known already is only answered. */
export const admitSubmitted = (
  home: HomeState,
  session: Session,
  message: { readonly firstNumber: number; readonly batches: readonly Batch[] },
): void => {
  // The runner is about to give the directory a new incarnation; the edge will send again.
  if (home.isRolledBack) return;
  if (message.firstNumber + message.batches.length - 1 > NUMBER_MAX) {
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
    entries.push(entry);
    // At once: the next batch of the message is judged by the document as this one leaves it.
    putEntry(home, entry, records);
  });
  const last = entries.at(-1);
  if (last !== undefined) {
    session.ownDot = { incarnation: last.incarnation, number: last.number };
    putAuthor(home, last, records);
  }
  store(home, { entries, records, states: [], edges: [], vector: home.accepted });
  // Nothing new: the edge did not hear that they are here.
  if (entries.length === 0) tellAdmitted(home, session);
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
  const moves: { from: Dot; to: Dot | null }[] = [];
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
    if (isProposal(home, batch)) {
      moves.push({ from, to: null });
      continue;
    }
    if (whyRefused(home, batch) !== null) continue;
    const entry = admit(home, after, batch, null);
    const to = { incarnation: entry.incarnation, number: entry.number };
    rememberCarried(home, key, to, batch.payload);
    entries.push(entry);
    records.push(...recordsOf(home, [entry]));
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

/** Admits a batch of the home's own, which follows from what it has. */
export const admitOwn = (home: HomeState, batch: Batch): void => {
  const entry = admit(home, knownElsewhere(home), batch, null);
  const records = recordsOf(home, [entry]);
  store(home, { entries: [entry], records, states: [], edges: [], vector: home.accepted });
};

/** Why a batch is not admitted, or null if it is. */
const whyRefused = (
  home: HomeState,
  batch: Batch,
): { readonly code: ErrorCode; readonly reason: string } | null => {
  const { batchBytesMax, documentBytesMax } = home.limits;
  const head = home.documents.get(batch.document);
  // A document that is there has a good name.
  const why = head === undefined ? whyBadName(batch.document) : null;
  if (why !== null) return { code: "BAD_NAME", reason: `the document's name ${why}` };
  if (batch.payload.length > batchBytesMax) {
    return {
      code: "TOO_LARGE",
      reason: `a batch of ${batch.payload.length} bytes; the limit is ${batchBytesMax}`,
    };
  }
  const fenced = whyFenced(home, batch);
  if (fenced !== null) return fenced;
  if (head !== undefined && head.type !== batch.type) {
    return {
      code: "TYPE_MISMATCH",
      reason: `the document "${batch.document}" is of type ${head.type}, not ${batch.type}`,
    };
  }
  // Entries that are not merged yet count for less: most of their bytes go when they are.
  const stateBytes = (head?.stateBytes ?? 0) + batch.payload.length;
  const totalBytes = stateBytes + (head?.entryBytes ?? 0);
  // A small batch may be the deletion that makes a full document smaller: it has a little room beyond the limit.
  const isSmall = batch.payload.length <= documentBytesMax * SMALL_BATCH_SHARE;
  const slackBytes = isSmall ? documentBytesMax / 4 : 0;
  if (stateBytes > documentBytesMax + slackBytes || totalBytes > 2 * documentBytesMax) {
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
const knownElsewhere = (home: HomeState): VersionVector => {
  const own = ownLog(home);
  let sameCount = 0;
  let count = 0;
  for (const [incarnation, number] of home.accepted) {
    if (incarnation === own) continue;
    count += 1;
    if (home.elsewhere.get(incarnation) === number) sameCount += 1;
  }
  if (sameCount !== count || home.elsewhere.size !== count) {
    const elsewhere = new Map(home.accepted);
    elsewhere.delete(own);
    home.elsewhere = elsewhere;
  }
  return home.elsewhere;
};

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

const equalBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);

/** The session of an edge, if this is one that may speak: welcomed, and not before. */
export const speakingSession = (home: HomeState, peer: PeerId): Session | null => {
  const session = home.sessions.get(peer);
  return session === undefined || session.phase === "reading" ? null : session;
};
