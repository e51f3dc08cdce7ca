/** An edge of one space: shows what its home has, keeps and sends what is made here, and takes both along to the next home if that one dies. */
import {
  covers,
  difference,
  meet,
  mergeInto,
  type MutableVersionVector,
  numberOf,
  type VersionVector,
} from "@syncline/clocks";
import { assert, type Input, type Machine } from "@syncline/machine";
import { type Batch, type EdgeId, sizeOf } from "./batch.ts";
import {
  createEdgeState,
  deliver,
  type EdgeState,
  type HeldBatch,
  HOME,
} from "./edge/edge-state.ts";
import {
  dropRefused,
  heldCountIn,
  holdOwn,
  holdShown,
  moveCarried,
  moveLevels,
  placeOwn,
  placeShown,
  replaceByStates,
  sendHeld,
  sendNew,
  standForOlder,
} from "./edge/holding.ts";
import type { EdgeProtocol, EdgeRecord, EdgeRequest } from "./edge-protocol.ts";
import { defaultEdgeLimits, type EdgeLimits } from "./limits.ts";
import type { HomeMessage, ShownEntry, SpaceMessage } from "./messages.ts";

/** An edge machine, with its state open to be looked at; only the machine may change it. */
export interface Edge extends Machine<EdgeProtocol> {
  readonly state: EdgeState;
}

type Welcome = Extract<HomeMessage, { kind: "welcome" }>;
type Group = Extract<HomeMessage, { kind: "group" }>;

/**
 * An edge of one space. `id` must be new whenever state was lost: a home takes a number that it knows for a batch that it has.
 *
 * It speaks to one home at a time, as peer `"home"`, over a connection that delivers in order and without loss until it ends.
 * Promises: what is shown is causally complete with each output; a batch is sent until a home has it, and offered again to the next home
 * until it is on every disk (own ones without fail, others' within `carriedBytesMax`, beyond it by whole documents).
 */
export const createEdge = (id: EdgeId, limits: Partial<EdgeLimits> = {}): Edge => {
  const edge = createEdgeState(id, { ...defaultEdgeLimits, ...limits });
  const finish = (): EdgeState["effects"] => {
    const { effects } = edge;
    edge.effects = [];
    return effects;
  };
  return {
    state: edge,
    recover: (records) => {
      for (const record of records) {
        if (record.kind === "settled") recoverSettled(edge, record.number);
        else recoverBatch(edge, record);
      }
      edge.levels.local = edge.lastNumber;
      return finish();
    },
    step: (input) => {
      take(edge, input);
      return finish();
    },
  };
};

const recoverSettled = (edge: EdgeState, number: number): void => {
  edge.lastNumber = Math.max(edge.lastNumber, number);
  edge.levels = { local: number, relay: number, quorum: number, all: number };
};

const recoverBatch = (edge: EdgeState, record: Extract<EdgeRecord, { kind: "batch" }>): void => {
  const { number, batch, firstState } = record;
  assert(number > edge.lastNumber, "an outbox is not in order");
  edge.lastNumber = number - 1;
  const held = holdOwn(edge, batch, firstState !== null);
  if (firstState !== null) standForOlder(edge, firstState, held);
};

const take = (edge: EdgeState, input: Input<EdgeProtocol>): void => {
  switch (input.kind) {
    case "received":
      return whenReceived(edge, input.message);
    case "submitted":
      return whenAsked(edge, input.request);
    case "woken":
    case "loaded":
      return;
  }
};

const whenAsked = (edge: EdgeState, request: EdgeRequest): void => {
  switch (request.kind) {
    case "connected":
      edge.phase = "joining";
      edge.group = { entries: [], states: [] };
      return send(edge, { kind: "join", edge: edge.edge, vector: new Map(edge.vector) });
    case "disconnected":
      edge.phase = "offline";
      edge.home = null;
      edge.group = { entries: [], states: [] };
      return;
    case "edit":
      return whenEdited(edge, request.batch);
    case "persisted":
      edge.levels.local = Math.max(edge.levels.local, request.number);
      if (edge.phase === "joined" && !edge.isOwing) sendNew(edge);
      return moveLevels(edge, true);
    case "settled":
      edge.settledQuorum = request.quorum;
      edge.settledAll = request.all;
      return moveLevels(edge, false);
    case "states":
      return whenStatesGiven(edge, request.batches);
    case "presence":
      if (edge.postponedCount > 0 || edge.levels.local < edge.lastNumber) {
        return postpone(edge, request.key, request.bytes);
      }
      return showPresence(edge, request.key, request.bytes);
    case "presence-due":
      edge.postponedCount -= 1;
      return showPresence(edge, request.key, request.bytes);
  }
};

/** It must not overtake an edit that is still on its way to the device's store, nor earlier presence that waits for one: the older state would stay. */
const postpone = (edge: EdgeState, key: number, bytes: Uint8Array): void => {
  edge.postponedCount += 1;
  const request = { kind: "presence-due", key, bytes } as const;
  edge.effects.push({ kind: "persist", records: [], then: [{ kind: "submit", request }] });
};

const showPresence = (edge: EdgeState, key: number, bytes: Uint8Array): void => {
  if (bytes.length === 0) edge.presence.delete(key);
  else edge.presence.set(key, bytes);
  if (edge.phase === "joined") send(edge, { kind: "presence", key, bytes });
};

/**
 * Keeps a change and sends it once it is in the device's store.
 *
 * Not before: were it sent first and the device lost power, the next batch after the restart would get the same number, and a home that knows
 * the number would drop it.
 */
const whenEdited = (edge: EdgeState, batch: Batch): void => {
  const { batchBytesMax, outboxBytesMax } = edge.limits;
  const { document } = batch;
  const sizeBytes = batch.payload.length;
  if (sizeBytes > batchBytesMax) {
    const reason = `a batch of ${sizeBytes} bytes; the limit is ${batchBytesMax}`;
    return deliver(edge, { kind: "refused", number: 0, document, code: "TOO_LARGE", reason });
  }
  if (edge.outboxBytes + sizeOf(batch) > outboxBytesMax) {
    const reason = `${edge.outboxBytes} bytes wait for a home; the limit is ${outboxBytesMax}`;
    return deliver(edge, { kind: "refused", number: 0, document, code: "OUTBOX_FULL", reason });
  }
  persist(edge, [holdOwn(edge, batch, false)]);
};

/** Own batches in a row, or whole documents that were given together. */
const persist = (edge: EdgeState, batches: readonly HeldBatch[]): void => {
  const [first] = batches;
  const number = batches.at(-1)?.number;
  if (first === undefined || number === undefined) return;
  const firstState = first.isState ? first.number : null;
  edge.effects.push({
    kind: "persist",
    records: batches.map((one) => ({
      kind: "batch",
      number: one.number,
      batch: one.batch,
      firstState,
    })),
    then: [{ kind: "submit", request: { kind: "persisted", number } }],
  });
};

const whenReceived = (edge: EdgeState, message: SpaceMessage): void => {
  if (edge.phase === "joining" && message.kind === "welcome") return whenWelcomed(edge, message);
  if (edge.phase !== "joined") {
    edge.droppedCount += 1;
    return;
  }
  switch (message.kind) {
    case "group":
      return whenGrouped(edge, message);
    case "update":
      return whenUpdated(edge, message.entries);
    case "admitted":
      placeOwn(edge, message.number, message.dot, edge.vector);
      return moveLevels(edge, false);
    case "carried":
      moveCarried(edge, message.from, message.to);
      return moveLevels(edge, false);
    case "heard":
      edge.heard = message;
      return checkSynced(edge);
    case "durable":
      return deliver(edge, message);
    case "refused": {
      const document = dropRefused(edge, message.number)?.batch.document ?? null;
      deliver(edge, { ...message, document });
      return moveLevels(edge, false);
    }
    case "presence":
      return deliver(edge, message);
    case "welcome":
    case "join":
    case "submit":
    case "carry":
    case "hello":
    case "replicate":
    case "stored":
    case "pull":
    case "fill":
      edge.droppedCount += 1;
      deliver(edge, {
        kind: "violation",
        reason: `an edge is sent a message of kind ${message.kind}`,
      });
  }
};

/**
 * Compares with what the home has. What the edge was shown and the home lacks is offered to it, before anything that may answer to it.
 *
 * From here on the edge's vector says only what this home has too: when the same numbers come again, from the log's own home or in the place of
 * a log that was set back, they are taken for new, which costs a few bytes; skipped, they might be lost.
 */
const whenWelcomed = (edge: EdgeState, welcome: Welcome): void => {
  const { home, incarnation, vector, admitted } = welcome;
  edge.phase = "joined";
  edge.home = home;
  edge.homeIncarnation = incarnation;
  if (admitted !== null) placeOwn(edge, admitted.number, admitted.dot, vector);
  edge.sentNumber = admitted?.number ?? 0;
  const lacking = difference(edge.vector, vector);
  // An own batch that is missing counts even where it was never shown: the later ones rest on it.
  edge.isOwing ||=
    !covers(vector, edge.settledPlaces) ||
    lacking.some((range) => heldCountIn(edge, range) < range.toNumber - range.fromNumber);
  edge.vector = meet(edge.vector, vector);
  edge.syncTarget = vector;
  edge.heard = null;
  const { homeCount, writeQuorum, heardCount } = welcome;
  deliver(edge, { kind: "welcome", home, homeCount, writeQuorum, heardCount });
  deliver(edge, { kind: "durable", home, incarnation, vector, isWhole: true });
  for (const other of welcome.durable) deliver(edge, { kind: "durable", ...other, isWhole: true });
  if (edge.isOwing) deliver(edge, { kind: "owed" });
  else sendHeld(edge, vector);
  for (const [key, bytes] of edge.presence) send(edge, { kind: "presence", key, bytes });
  moveLevels(edge, true);
  checkSynced(edge);
};

const whenStatesGiven = (edge: EdgeState, batches: readonly Batch[]): void => {
  if (!edge.isOwing) return;
  edge.isOwing = false;
  const states = replaceByStates(edge, batches);
  if (states.length > 0) persist(edge, states);
  else if (edge.phase === "joined") sendNew(edge);
};

const whenGrouped = (edge: EdgeState, group: Group): void => {
  edge.group.entries.push(...group.entries);
  edge.group.states.push(...group.states);
  if (!group.isLast) return;
  const { entries, states } = edge.group;
  edge.group = { entries: [], states: [] };
  const fresh = entries.filter((entry) => numberOf(edge.vector, entry.incarnation) < entry.number);
  // States first: they are the older part, and an entry that rests on one need not be put aside by whoever applies them.
  mergeInto(edge.vector, group.vector);
  show(edge, fresh, states);
  tellHomeDisk(edge, new Map(edge.vector));
};

const whenUpdated = (edge: EdgeState, entries: readonly ShownEntry[]): void => {
  const fresh: ShownEntry[] = [];
  const grown: MutableVersionVector = new Map();
  let hasGap = false;
  for (const entry of entries) {
    const known = numberOf(edge.vector, entry.incarnation);
    if (entry.number <= known) continue;
    hasGap = entry.number !== known + 1;
    if (hasGap) break;
    edge.vector.set(entry.incarnation, entry.number);
    grown.set(entry.incarnation, entry.number);
    fresh.push(entry);
  }
  show(edge, fresh, []);
  tellHomeDisk(edge, grown);
  if (!hasGap) return;
  edge.droppedCount += 1;
  deliver(edge, { kind: "violation", reason: "the stream has a gap" });
};

const show = (edge: EdgeState, entries: readonly ShownEntry[], states: readonly Batch[]): void => {
  const batches = [...states];
  for (const { incarnation, number, batch, ownNumber } of entries) {
    const dot = { incarnation, number };
    if (batch === null) {
      placeShown(edge, ownNumber, dot);
      continue;
    }
    batches.push(batch);
    holdShown(edge, dot, batch);
  }
  if (batches.length > 0) deliver(edge, { kind: "show", batches });
};

/** What the home shows is on its disk: `vector` is what grew by it. */
const tellHomeDisk = (edge: EdgeState, vector: VersionVector): void => {
  const { home, homeIncarnation: incarnation } = edge;
  assert(home !== null, "an edge is shown something by nobody");
  deliver(edge, { kind: "durable", home, incarnation, vector, isWhole: false });
  moveLevels(edge, false);
  checkSynced(edge);
};

const checkSynced = (edge: EdgeState): void => {
  const { syncTarget, heard } = edge;
  if (syncTarget !== null && covers(edge.vector, syncTarget)) {
    edge.syncTarget = null;
    deliver(edge, { kind: "synced" });
  }
  if (heard !== null && covers(edge.vector, heard.vector)) {
    edge.heard = null;
    deliver(edge, { kind: "heard", heardCount: heard.heardCount });
  }
};

const send = (edge: EdgeState, message: SpaceMessage): void => {
  edge.effects.push({ kind: "send", to: HOME, message });
};
