/** What a home knows, as plain data, and the few questions that every part of it asks. */
import {
  coversDot,
  type Dot,
  type Incarnation,
  type MutableVersionVector,
  numberOf,
  type VersionVector,
} from "@syncline/clocks";
import type { Effect, PeerId } from "@syncline/machine";
import type { AdmittedEdge, EdgeId, Entry, HomeId, State } from "../batch.ts";
import type {
  DocumentHead,
  Fencing,
  HomeConfig,
  HomeOutput,
  HomeProtocol,
  HomeRecord,
} from "../home-protocol.ts";
import type { HomeLimits } from "../limits.ts";
import type { SpaceMessage } from "../messages.ts";

/** Another home of the space. */
export interface Peer {
  readonly home: HomeId;
  /** `unknown` until the runner has said something of the link. */
  reach: "unknown" | "connected" | "unreachable";
  /** Whether it has said hello since the link came up. */
  isHeard: boolean;
  /** How many links there have been, the present one included. */
  linkCount: number;
  /** Null until it has ever said hello. */
  incarnation: Incarnation | null;
  /** What was accepted here when it came with another directory than before: it is answered only when all of that is on this disk. */
  answerAfter: VersionVector;
  /** What it has on disk, as it said; what was said before a link was lost stays true of that disk. */
  vector: MutableVersionVector;
  /** The last reading round that it answered, and what it had then. */
  answeredRound: number;
  answeredVector: VersionVector;
  /** Whether every new entry of the own log goes to it at once: it has all before. */
  isLive: boolean;
  isCongested: boolean;
  /** What it was told of this home's disk. */
  told: MutableVersionVector;
  /** Entries of its log whose causes are not here yet, in order and without a gap. */
  waiting: Entry[];
  waitingBytes: number;
  readonly presence: Map<number, Uint8Array>;
}

/** An edge's session. */
export interface Session {
  readonly peer: PeerId;
  readonly edge: EdgeId;
  /** `reading` until other homes were heard; then `catching-up`, then `live`: every new entry goes to it at once. */
  phase: "reading" | "catching-up" | "live" | "congested";
  /** While not live: what the edge covers. */
  cursor: MutableVersionVector;
  /** The reading round that it waits for, or 0. */
  round: number;
  /** Of how many homes it was told that what they had is here; 0 before its welcome. */
  heardCount: number;
  isCongested: boolean;
  /** Where its own newest batch stands, while it may not be on every disk yet. */
  ownDot: Dot | null;
  /** What it was told of the other homes' disks. */
  readonly told: Map<HomeId, { incarnation: Incarnation; vector: MutableVersionVector }>;
  readonly presence: Map<number, Uint8Array>;
}

/** A catch-up under way, page by page, towards everything that was on disk when it began. */
export interface CatchUp {
  readonly receiver: PeerId;
  /** The number of the pull that it answers, or 0 for an edge. */
  readonly pullNumber: number;
  /** Edges' numbers as they were when it began, for a home: those that have sent more by the end would say too much. */
  readonly edges: readonly AdmittedEdge[];
  readonly from: VersionVector;
  readonly target: VersionVector;
  /** What of each log is still to be read. */
  ranges: { incarnation: Incarnation; fromNumber: number; toNumber: number }[];
  /** Documents whose merged state the receiver needs; filled while the ranges are read. */
  readonly documents: Set<string>;
  entries: Entry[];
  states: State[];
  pageBytes: number;
  isPaused: boolean;
}

/** The compaction under way: first all entries are read, then one document after the other is merged. */
export interface Compaction {
  readonly cut: VersionVector;
  /** The home's counts when it began. */
  readonly entryCount: number;
  readonly entryBytes: number;
  ranges: { incarnation: Incarnation; fromNumber: number; toNumber: number }[];
  readonly entriesByDocument: Map<string, Entry[]>;
  stubs: { incarnation: Incarnation; number: number; document: string }[];
  queue: string[];
  /** The document that is being merged, with its old parts once they are read. */
  current: { document: string; parts: { part: number; state: State }[] | null } | null;
  /** Merged and waiting until no catch-up reads. */
  merged: Uint8Array | null;
  isPersisting: boolean;
}

/** A pull under way from another home. */
export interface Pull {
  readonly from: HomeId;
  /** Stands in the question and in every page of the answer: a page of an earlier answer must not be taken for one of this. */
  readonly number: number;
  progressMs: number;
  entries: Entry[];
  states: State[];
  edges: AdmittedEdge[];
}

/** One question to the other homes, and how far the answers have come. */
interface ReadingRound {
  number: number;
  deadlineMs: number;
  /** Enough homes were heard for a quorum read, and what they had is here. */
  isRead: boolean;
  /** Nobody is waited for any more. */
  isExhausted: boolean;
}

/** What is under way before a fold. */
export interface Folding {
  /** The proposal that is waited for, and what was here when it was seen first; null while there is none. */
  proposal: { readonly epoch: number; readonly cut: VersionVector } | null;
  /** Where all logs ended at the moment when every other home had the proposal on its disk; null before, and again when one of these disks is lost. */
  ends: VersionVector | null;
  /** What was here when something was last asked, proposed or performed; null while that is not known, in the step in which it comes. */
  changed: VersionVector | null;
}

/** Everything. Plain data; `effects` is what the step under way has come to so far. */
export interface HomeState {
  readonly config: HomeConfig;
  readonly limits: HomeLimits;
  readonly fencing: Fencing;
  nowMs: number;
  effects: Effect<HomeProtocol>[];
  /** Whether edges are served: the first reading is over. */
  isOpen: boolean;
  /** Somebody knows more of the own log than this home: nothing may be admitted any more. */
  isRolledBack: boolean;
  /** What was taken in; runs ahead of `durable` by what is on its way to the disk. Causally closed, like it. */
  readonly accepted: MutableVersionVector;
  /** What was accepted of all logs but the own, when that was asked for last. Never changed: entries share it. */
  elsewhere: VersionVector;
  /** What is on this home's disk. */
  durable: VersionVector;
  /** What has become durable and was not passed on yet, with what was durable before it; null if nothing. */
  unstreamed: {
    readonly before: VersionVector;
    readonly entries: Entry[];
    isStream: boolean;
  } | null;
  /** The newest durable entries while somebody is being brought forward, and what was durable before the first of them. */
  recent: Entry[];
  recentBytes: number;
  readonly recentFloor: MutableVersionVector;
  readonly edges: Map<EdgeId, AdmittedEdge>;
  readonly documents: Map<string, DocumentHead>;
  /** Entries on disk that no compaction has looked at, right to within the last few after a crash; a part of a state counts as one. */
  entryCount: number;
  entryBytes: number;
  nextPart: number;
  isUnsettled: boolean;
  /** Since when all homes have had everything; null while some has not, or nothing is to be done when they have. */
  settledSinceMs: number | null;
  /** When it will be woken next; infinite if nothing was asked for. */
  alarmMs: number;
  readonly peers: Map<HomeId, Peer>;
  readonly sessions: Map<PeerId, Session>;
  /** Connections that were congested before their edge has said who it is. */
  readonly congestedEarly: Set<PeerId>;
  /** Where carried batches were admitted, by their old dot as text, so that a hundred carriers add one entry. */
  readonly carried: Map<string, { readonly dot: Dot; readonly payload: Uint8Array }>;
  carriedBytes: number;
  round: ReadingRound;
  pull: Pull | null;
  lastPullNumber: number;
  /** What must be here by `deadlineMs`, or else is asked for. */
  expected: { vector: MutableVersionVector; deadlineMs: number } | null;
  nextToken: number;
  readonly catchUps: Map<number, CatchUp>;
  /** Receivers whose catch-up begins once the compaction is on disk. */
  queuedCatchUps: { receiver: PeerId; from: VersionVector; pullNumber: number }[];
  compaction: Compaction | null;
  /** Documents in which something was folded that no merged state has yet. */
  readonly foldedDocuments: Set<string>;
  /** Documents of which a fold is asked for or proposed. */
  readonly foldings: Map<string, Folding>;
  /** Homes all of whose batches were here at some moment since this home began. */
  readonly metHomes: Set<HomeId>;
  /** Loads of the compaction, by token. */
  compactionToken: number;
  /** When edges with nothing unsettled hear of other disks next, or 0. */
  durableNewsMs: number;
  /** When edges that wait for more disks than a quorum hear of them next, or 0. */
  awaitedNewsMs: number;
  /** When other homes hear next of what nobody waits for, or 0. */
  storedNewsMs: number;
  /** How far the own log was on as many disks as a quorum needs when edges were told last. */
  quorumNumber: number;
  /** Presences that wait for what was said before them to come to the disk. */
  postponedCount: number;
  /** Messages that made no sense here and were dropped. */
  droppedCount: number;
}

/** Sends a message to a peer. */
export const send = (home: HomeState, to: PeerId, message: SpaceMessage): void => {
  home.effects.push({ kind: "send", to, message });
};

/** Tells the runner. */
export const deliver = (home: HomeState, output: HomeOutput): void => {
  home.effects.push({ kind: "deliver", output });
};

/** The record of the home's head: what it has (a copy of `accepted`), and how much of it is not compacted. */
export const headRecord = (home: HomeState, vector: VersionVector): HomeRecord => ({
  kind: "head",
  vector,
  entryCount: home.entryCount,
  entryBytes: home.entryBytes,
  nextPart: home.nextPart,
});

/** The own incarnation, the name of the own log. */
export const ownLog = (home: HomeState): Incarnation => home.config.incarnation;

/** The other homes that a link leads to and that have said hello on it. */
export const heardPeers = (home: HomeState): readonly Peer[] => {
  const heard: Peer[] = [];
  for (const peer of home.peers.values()) if (peer.isHeard) heard.push(peer);
  return heard;
};

/** Whether the batch at this dot is on every home's disk, as far as is known here. */
export const isOnAllDisks = (home: HomeState, dot: Dot): boolean => {
  if (!coversDot(home.durable, dot)) return false;
  for (const peer of home.peers.values()) if (!coversDot(peer.vector, dot)) return false;
  return true;
};

/** How many batches `left` covers and `right` does not. */
export const countBeyond = (left: VersionVector, right: VersionVector): number => {
  let count = 0;
  for (const [log, number] of left) count += Math.max(0, number - numberOf(right, log));
  return count;
};

/** A peer of which nothing is known yet. */
const createPeer = (home: HomeId): Peer => ({
  home,
  reach: "unknown",
  isHeard: false,
  linkCount: 1,
  incarnation: null,
  answerAfter: new Map(),
  vector: new Map(),
  answeredRound: 0,
  answeredVector: new Map(),
  isLive: false,
  isCongested: false,
  told: new Map(),
  waiting: [],
  waitingBytes: 0,
  presence: new Map(),
});

/** A home before it has recovered anything. */
export const createHomeState = (
  config: HomeConfig,
  limits: HomeLimits,
  fencing: Fencing,
): HomeState => ({
  config,
  limits,
  fencing,
  nowMs: 0,
  effects: [],
  isOpen: false,
  isRolledBack: false,
  accepted: new Map(),
  durable: new Map(),
  unstreamed: null,
  elsewhere: new Map(),
  recent: [],
  recentBytes: 0,
  recentFloor: new Map(),
  edges: new Map(),
  documents: new Map(),
  entryCount: 0,
  entryBytes: 0,
  nextPart: 1,
  isUnsettled: false,
  settledSinceMs: null,
  alarmMs: Number.POSITIVE_INFINITY,
  peers: new Map(config.others.map((other) => [other, createPeer(other)])),
  sessions: new Map(),
  carried: new Map(),
  carriedBytes: 0,
  congestedEarly: new Set(),
  round: { number: 0, deadlineMs: 0, isRead: true, isExhausted: true },
  pull: null,
  lastPullNumber: 0,
  expected: null,
  nextToken: 1,
  catchUps: new Map(),
  queuedCatchUps: [],
  compaction: null,
  foldedDocuments: new Set(),
  foldings: new Map(),
  metHomes: new Set(),
  compactionToken: 0,
  durableNewsMs: 0,
  awaitedNewsMs: 0,
  storedNewsMs: 0,
  quorumNumber: 0,
  postponedCount: 0,
  droppedCount: 0,
});
