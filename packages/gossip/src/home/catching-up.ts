/** Bringing a receiver, edge or home, from what it has to what is on this disk: a snapshot read page by page, shown or taken in as one. */
import { covers, coversDot, difference, numberOf, type VersionVector } from "@syncline/clocks";
import type { PeerId } from "@syncline/machine";
import { type AdmittedEdge, countWithin, type Entry, sizeOf, type State } from "../batch.ts";
import type { HomeRow } from "../home-protocol.ts";
import type { SpaceMessage } from "../messages.ts";
import { tellAdmitted } from "./acknowledging.ts";
import { causalOrder } from "./causal-order.ts";
import { type CatchUp, type HomeState, ownLog, send } from "./home-state.ts";
import { sendOwn, shownTo, tellStored, updateOf } from "./streaming.ts";

/**
 * Begins to bring the receiver forward from `from`.
 *
 * All of it is one group, shown as one: a document's merged state may hold the reply to a question that stands in another document's later
 * page. While any catch-up reads, no compaction is written, so that what it reads is one snapshot.
 */
export const startCatchUp = (
  home: HomeState,
  receiver: PeerId,
  from: VersionVector,
  pullNumber: number,
): void => {
  // One at a time for each receiver: pages of two would be taken for one.
  cancelCatchUp(home, receiver);
  if (isCompactionNext(home)) {
    home.queuedCatchUps.push({ receiver, from: new Map(from), pullNumber });
    return;
  }
  const target = new Map(home.durable);
  const catchUp: CatchUp = {
    receiver,
    pullNumber,
    edges: home.peers.has(receiver) ? edgesBetween(home, from, target) : [],
    from: new Map(from),
    target,
    ranges: difference(target, from).map((range) => ({ ...range })),
    documents: new Set(),
    entries: [],
    states: [],
    pageBytes: 0,
    isPaused: false,
  };
  const token = home.nextToken;
  home.nextToken += 1;
  home.catchUps.set(token, catchUp);
  readOn(home, token, catchUp);
};

/** Whether a merged state is being written, or waits only for catch-ups that move: one that a slow reader holds up must not hold up all others. */
const isCompactionNext = (home: HomeState): boolean => {
  const { compaction } = home;
  if (compaction === null || compaction.merged === null) return false;
  return compaction.isPersisting || [...home.catchUps.values()].every(({ isPaused }) => !isPaused);
};

/** Whether the newest entries in memory are all that a receiver with this vector lacks. */
export const isInRecent = (home: HomeState, vector: VersionVector): boolean =>
  covers(vector, home.recentFloor);

/** The newest entries that this vector does not cover, in causal order. */
export const recentBeyond = (home: HomeState, vector: VersionVector): readonly Entry[] =>
  home.recent.filter((entry) => numberOf(vector, entry.incarnation) < entry.number);

/** Takes an answer of the store for the catch-up with this token. */
export const whenPageLoaded = (home: HomeState, token: number, rows: readonly HomeRow[]): void => {
  const catchUp = home.catchUps.get(token);
  if (catchUp === undefined) return;
  const [range] = catchUp.ranges;
  if (range !== undefined) {
    const reached = takeLogRows(catchUp, rows);
    if (reached === null || reached + 1 >= range.toNumber) catchUp.ranges.shift();
    else range.fromNumber = reached + 1;
    if (catchUp.ranges.length === 0) catchUp.entries = causalOrder(catchUp.entries);
  } else {
    takeStateRows(catchUp, rows);
  }
  readOn(home, token, catchUp);
};

/** The receiver takes bytes again: its catch-up goes on where it paused. */
export const resumeCatchUp = (home: HomeState, receiver: PeerId): void => {
  for (const [token, catchUp] of home.catchUps) {
    if (catchUp.receiver !== receiver || !catchUp.isPaused) continue;
    catchUp.isPaused = false;
    readOn(home, token, catchUp);
  }
};

/** The receiver is gone. */
export const cancelCatchUp = (home: HomeState, receiver: PeerId): void => {
  for (const [token, catchUp] of home.catchUps) {
    if (catchUp.receiver === receiver) home.catchUps.delete(token);
  }
  home.queuedCatchUps = home.queuedCatchUps.filter((queued) => queued.receiver !== receiver);
};

/** Begins what had to wait for the compaction. */
export const startQueuedCatchUps = (home: HomeState): void => {
  const queued = home.queuedCatchUps;
  home.queuedCatchUps = [];
  for (const { receiver, from, pullNumber } of queued) {
    startCatchUp(home, receiver, from, pullNumber);
  }
};

const readOn = (home: HomeState, token: number, catchUp: CatchUp): void => {
  if (isCongested(home, catchUp.receiver)) {
    catchUp.isPaused = true;
    return;
  }
  const [range] = catchUp.ranges;
  const bytesMax = home.limits.pageBytesMax;
  if (range !== undefined) {
    home.effects.push({ kind: "load", token, query: { kind: "log", ...range, bytesMax } });
    return;
  }
  if (catchUp.pageBytes >= bytesMax) {
    sendPage(home, catchUp, false);
    if (catchUp.pageBytes > 0) return takeTurn(home, token);
  }
  const [document] = catchUp.documents;
  if (document !== undefined) {
    catchUp.documents.delete(document);
    home.effects.push({ kind: "load", token, query: { kind: "states", document } });
    return;
  }
  home.catchUps.delete(token);
  // What is worth sharing goes by itself: the last page has this receiver's vector in it, and is nobody else's.
  if (catchUp.pageBytes >= bytesMax / SHARED_FRACTION) sendRest(home, catchUp);
  sendPage(home, catchUp, true);
  whenCaughtUp(home, catchUp);
};

/** Less than this part of a page (4 KiB by default) is encoded for each receiver: a message more would cost as much. */
const SHARED_FRACTION = 64;

/** Sends what is left, which is less than a page, in one message, or in two where entries and states are left. */
const sendRest = (home: HomeState, catchUp: CatchUp): void => {
  if (catchUp.entries.length > 0) sendPage(home, catchUp, false);
  if (catchUp.states.length > 0) sendPage(home, catchUp, false);
};

/** Goes on after a turn of the store: so a receiver that does not keep up can say so between two pages. */
const takeTurn = (home: HomeState, token: number): void => {
  const nothing = { incarnation: ownLog(home), fromNumber: 1, toNumber: 1, bytesMax: 1 };
  home.effects.push({ kind: "load", token, query: { kind: "log", ...nothing } });
};

/** Takes entries and stubs in, and returns the last number read, or null if there was none. */
const takeLogRows = (catchUp: CatchUp, rows: readonly HomeRow[]): number | null => {
  let reached: number | null = null;
  for (const row of rows) {
    if (row.kind === "entry") {
      catchUp.entries.push(row.entry);
      catchUp.pageBytes += sizeOf(row.entry.batch);
      reached = row.entry.number;
    } else if (row.kind === "stub") {
      catchUp.documents.add(row.document);
      reached = row.number;
    }
  }
  return reached;
};

/**
 * Takes the parts of a document that the receiver lacks.
 *
 * A part beyond the target came in while this catch-up was reading. It is left out: what it rests on, in other documents, is not in this
 * snapshot, and the receiver would be shown the reply without its question.
 */
const takeStateRows = (catchUp: CatchUp, rows: readonly HomeRow[]): void => {
  for (const row of rows) {
    if (row.kind !== "state" || covers(catchUp.from, row.state.last)) continue;
    if (!covers(catchUp.target, row.state.last)) continue;
    catchUp.states.push(row.state);
    catchUp.pageBytes += sizeOf(row.state);
  }
};

/**
 * Sends what was read: a page of it, or with `isLast` all that is left, which is less than a page. States follow the last of the entries.
 *
 * A page ends before what would make it too large, since the largest batch alone fills nearly all of a frame.
 */
const sendPage = (home: HomeState, catchUp: CatchUp, isLast: boolean): void => {
  const bytesMax = home.limits.pageBytesMax;
  const entryCount = countWithin(catchUp.entries, ({ batch }) => batch, bytesMax);
  const entries = catchUp.entries.splice(0, isLast ? catchUp.entries.length : entryCount);
  const isStatesTurn = isLast || entries.length === 0;
  const stateCount = countWithin(catchUp.states, (state) => state, bytesMax);
  const states = isStatesTurn
    ? catchUp.states.splice(0, isLast ? catchUp.states.length : stateCount)
    : [];
  for (const { batch } of entries) catchUp.pageBytes -= sizeOf(batch);
  for (const state of states) catchUp.pageBytes -= sizeOf(state);
  const vector = isLast ? catchUp.target : new Map<string, number>();
  const page = { entries, states, isLast, vector };
  send(home, catchUp.receiver, pageFor(home, catchUp, page));
};

const pageFor = (
  home: HomeState,
  catchUp: CatchUp,
  page: {
    readonly entries: readonly Entry[];
    readonly states: readonly State[];
    readonly isLast: boolean;
    readonly vector: VersionVector;
  },
): SpaceMessage => {
  const session = home.sessions.get(catchUp.receiver);
  if (session === undefined) {
    const edges = page.isLast ? catchUp.edges : [];
    return { kind: "fill", number: catchUp.pullNumber, ...page, edges };
  }
  const { edge } = session;
  const isShared = !page.isLast && !page.entries.some(({ author }) => author?.edge === edge);
  return isShared ? sharedGroup(page) : groupFor(page, edge);
};

type Page = Parameters<typeof pageFor>[2];
type Group = Extract<SpaceMessage, { kind: "group" }>;

const groupFor = (page: Page, edge: string | null): Group => {
  const entries = page.entries.map((entry) => shownTo(entry, edge));
  const states = page.states.map(({ document, type, payload }) => ({ document, type, payload }));
  return { kind: "group", ...page, entries, states };
};

/**
 * The last message that was made of a page beginning with this entry or state, and the page.
 *
 * A runner may answer one receiver's `load` with the rows that it read for another. Then the message is the same object, too, and its bytes are encoded
 * once and wait once, in however many connections. The message lives as long as the row: who keeps no rows keeps no messages.
 */
const groupByFirst = new WeakMap<Entry | State, { readonly page: Page; readonly group: Group }>();

const sharedGroup = (page: Page): Group => {
  const first = page.entries[0] ?? page.states[0];
  const known = first === undefined ? undefined : groupByFirst.get(first);
  if (known !== undefined && isSamePage(known.page, page)) return known.group;
  const group = groupFor(page, null);
  if (first !== undefined) groupByFirst.set(first, { page, group });
  return group;
};

const isSamePage = (left: Page, right: Page): boolean =>
  left.entries.length === right.entries.length &&
  left.states.length === right.states.length &&
  left.entries.every((entry, index) => entry === right.entries[index]) &&
  left.states.every((state, index) => state === right.states[index]);

/** The edges' numbers that stand in entries which the receiver gets as merged states, and would otherwise not know. */
const edgesBetween = (
  home: HomeState,
  from: VersionVector,
  target: VersionVector,
): readonly AdmittedEdge[] =>
  [...home.edges.values()].filter(({ dot }) => !coversDot(from, dot) && coversDot(target, dot));

/** The receiver has the snapshot; what came since is still in memory, or else it catches up once more. */
const whenCaughtUp = (home: HomeState, catchUp: CatchUp): void => {
  const { receiver, target } = catchUp;
  const session = home.sessions.get(receiver);
  if (session !== undefined) {
    // Some of its batches may have been shown to it within merged states, where it cannot find them.
    tellAdmitted(home, session);
    goLive(home, receiver, target);
    return;
  }
  const peer = home.peers.get(receiver);
  if (peer === undefined) return;
  const own = recentBeyond(home, target).filter((entry) => entry.incarnation === ownLog(home));
  peer.isLive = isInRecent(home, target) && !peer.isCongested;
  if (peer.isLive) sendOwn(home, peer, own);
  if (peer.isLive) peer.told.set(ownLog(home), numberOf(home.durable, ownLog(home)));
  // Also what stood in the answer: it may have been dropped, as one to a pull that was given up, and then nothing would ever say it again.
  tellStored(home, peer);
};

/** Makes a session live from this cursor: with the newest entries if they reach back to it, else by another catch-up. */
export const goLive = (home: HomeState, receiver: PeerId, cursor: VersionVector): void => {
  const session = home.sessions.get(receiver);
  if (session === undefined) return;
  session.cursor = new Map(cursor);
  session.phase = "catching-up";
  if (session.isCongested) {
    session.phase = "congested";
    return;
  }
  if (!isInRecent(home, cursor)) {
    startCatchUp(home, receiver, cursor, 0);
    return;
  }
  const entries = recentBeyond(home, cursor);
  session.phase = "live";
  if (entries.length > 0) send(home, receiver, updateOf(entries, session.edge));
};

const isCongested = (home: HomeState, receiver: PeerId): boolean =>
  (home.sessions.get(receiver)?.isCongested ?? home.peers.get(receiver)?.isCongested) === true;
