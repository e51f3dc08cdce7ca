/** What an edge knows, as plain data. */
import type { Dot, Incarnation, MutableVersionVector, VersionVector } from "@syncline/clocks";
import type { Effect } from "@syncline/machine";
import type { Batch, EdgeId, HomeId } from "../batch.ts";
import type { EdgeOutput, EdgeProtocol } from "../edge-protocol.ts";
import type { EdgeLimits } from "../limits.ts";
import type { ShownEntry } from "../messages.ts";

/** The name under which an edge's machine knows whatever home it is connected to. */
export const HOME = "home";

/** A batch that the edge keeps because it may have to be sent, or sent again. */
export interface HeldBatch {
  /** The edge's own number, or 0 for somebody else's batch. */
  readonly number: number;
  /** Where it stands; null while no home has said that it has it. */
  dot: Dot | null;
  readonly batch: Batch;
  /** Whether it is one of the whole documents that answered `owed`: they rest on each other, and go in one message. */
  readonly isState: boolean;
}

/** How far the edge's own batches have come, each as the number up to which all have. */
interface Levels {
  local: number;
  relay: number;
  quorum: number;
  all: number;
}

/** Everything. Plain data; `effects` is what the step under way has come to so far. */
export interface EdgeState {
  readonly edge: EdgeId;
  readonly limits: EdgeLimits;
  effects: Effect<EdgeProtocol>[];
  phase: "offline" | "joining" | "joined";
  /** The home of the session. */
  home: HomeId | null;
  homeIncarnation: string;
  /** What has been shown, as far as the home of the session has it too. */
  vector: MutableVersionVector;
  /** What the home had when the session began; null once all of it has been shown. */
  syncTarget: VersionVector | null;
  /** What more homes had than the welcome told of; null once it has been shown. */
  heard: { readonly heardCount: number; readonly vector: VersionVector } | null;
  /** The pages of a catch-up that is not complete yet. */
  group: { entries: ShownEntry[]; states: Batch[] };
  /** The highest own number given out. */
  lastNumber: number;
  /** Up to which own number batches were sent in this session. */
  sentNumber: number;
  /** In the order in which they were made or seen, so that each stands after what it may answer to. */
  readonly held: Set<HeldBatch>;
  /** Own batches that are not on every disk; a number that is not in it is. */
  readonly own: Map<number, HeldBatch>;
  /**
   * Where batches stood that are on every disk and not kept any more: own ones, and others' of which the vector does not speak. A home that lacks one of
   * these has lost its disk since.
   */
  readonly settledPlaces: MutableVersionVector;
  /** Somebody else's batches among them, by log and number. */
  readonly carriedByLog: Map<Incarnation, Map<number, HeldBatch>>;
  outboxBytes: number;
  carriedBytes: number;
  settledQuorum: VersionVector;
  settledAll: VersionVector;
  levels: Levels;
  /** The home lacks something that was shown and is not held: whole documents must be offered. */
  isOwing: boolean;
  readonly presence: Map<number, Uint8Array>;
  /** Presences that wait for edits made before them to come into the device's store. */
  postponedCount: number;
  droppedCount: number;
}

/** Tells the application. */
export const deliver = (edge: EdgeState, output: EdgeOutput): void => {
  edge.effects.push({ kind: "deliver", output });
};

/** An edge that has seen nothing. */
export const createEdgeState = (edge: EdgeId, limits: EdgeLimits): EdgeState => ({
  edge,
  limits,
  effects: [],
  phase: "offline",
  home: null,
  homeIncarnation: "",
  vector: new Map(),
  syncTarget: null,
  heard: null,
  group: { entries: [], states: [] },
  lastNumber: 0,
  sentNumber: 0,
  held: new Set(),
  own: new Map(),
  settledPlaces: new Map(),
  carriedByLog: new Map(),
  outboxBytes: 0,
  carriedBytes: 0,
  settledQuorum: new Map(),
  settledAll: new Map(),
  levels: { local: 0, relay: 0, quorum: 0, all: 0 },
  isOwing: false,
  presence: new Map(),
  postponedCount: 0,
  droppedCount: 0,
});
