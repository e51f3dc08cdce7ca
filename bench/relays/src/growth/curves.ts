/** How cost is to be measured as its cause grows: over two decades at least. */
import type { FigureName } from "../report/figures.ts";
import type { ScenarioParameters } from "../scenarios/parameters.ts";
import type { WireName } from "../wires/wire.ts";

/** A cost that grows, or should not. */
export interface Measure {
  readonly figure: FigureName;
  /** At its axis. */
  readonly label: string;
  /** The exponent that it should have: 0 for a cost of each, 1 for a sum. */
  readonly expected: 0 | 1;
}

/** A cause, and what is measured of it. */
export interface Curve {
  readonly name: string;
  readonly title: string;
  readonly cause: string;
  readonly values: readonly number[];
  readonly measures: readonly Measure[];
  readonly needsDocuments: boolean;
  parametersOf(value: number): ScenarioParameters;
}

/** The servers that are drawn, on these wires. */
export const growthContestants: readonly (readonly [server: string, wire: WireName])[] = [
  ["bare-ws", "y-websocket"],
  ["y-websocket", "y-websocket"],
  ["syncline-1", "y-websocket"],
  ["syncline-1", "native"],
];

/** About so many deliveries at each point, so that the processor time can be told. */
const deliveriesEach = 40_000;

/** All curves. */
export const curves: readonly Curve[] = [
  {
    name: "rooms",
    title: "Rooms of 1 author and 2 readers who type",
    cause: "rooms",
    values: [10, 32, 100, 320, 1000],
    measures: [
      { figure: "cpuUsPerDelivery", label: "server CPU for each delivery, µs", expected: 0 },
    ],
    needsDocuments: false,
    parametersOf: (rooms) => ({
      kind: "typing",
      rooms,
      readers: 2,
      updates: Math.ceil(deliveriesEach / 2 / rooms),
      pace: { kind: "in-flight", count: 4 },
      warmUp: { updates: Math.ceil(deliveriesEach / 8 / rooms), inFlight: 4 },
      restMs: 300,
    }),
  },
  {
    name: "idle-rooms",
    title: "Rooms of 30 updates whose one client does nothing",
    cause: "rooms",
    values: [30, 100, 300, 1000, 3000],
    measures: [
      { figure: "heldMegabytes", label: "memory over the base, MB", expected: 1 },
      { figure: "leftMegabytes", label: "memory when all have left, MB", expected: 1 },
    ],
    needsDocuments: true,
    parametersOf: (rooms) => ({ kind: "idle", rooms, updates: 30, restMs: 2000 }),
  },
  {
    name: "readers",
    title: "Readers of 1 author, 8 updates in flight",
    cause: "readers",
    values: [1, 3, 10, 30, 100, 300],
    measures: [
      { figure: "cpuUsPerDelivery", label: "server CPU for each delivery, µs", expected: 0 },
      { figure: "latencyP50Ms", label: "from send to arrival, median, ms", expected: 1 },
    ],
    needsDocuments: false,
    parametersOf: (readers) => ({
      kind: "typing",
      rooms: 1,
      readers,
      updates: Math.min(8000, Math.ceil((deliveriesEach * 2) / readers)),
      pace: { kind: "in-flight", count: 8 },
      warmUp: { updates: Math.min(1000, Math.ceil(deliveriesEach / 4 / readers)), inFlight: 8 },
      restMs: 300,
    }),
  },
  {
    name: "document-size",
    title: "10 clients open a document at once",
    cause: "bytes of the document",
    values: [10_000, 40_000, 160_000, 640_000, 4_000_000],
    measures: [
      { figure: "joinP50Ms", label: "until they have it, median, ms", expected: 1 },
      { figure: "cpuMsPerJoin", label: "server CPU for each, ms", expected: 1 },
      {
        figure: "peakOverBeforeMegabytes",
        label: "memory that it takes at its peak, MB",
        expected: 1,
      },
    ],
    needsDocuments: true,
    parametersOf: (documentBytes) => ({ kind: "join", clients: 10, documentBytes, restMs: 3000 }),
  },
  {
    name: "history",
    title: "Updates in one document, 64 in flight, and then a newcomer",
    cause: "updates",
    values: [1000, 3200, 10_000, 32_000, 100_000],
    measures: [
      { figure: "cpuUsPerUpdate", label: "server CPU for each update, µs", expected: 0 },
      { figure: "catchUpMs", label: "until a newcomer has all of it, ms", expected: 1 },
      { figure: "catchUpBytes", label: "bytes that the newcomer reads", expected: 1 },
      { figure: "diskMegabytes", label: "on disk, MB", expected: 1 },
    ],
    needsDocuments: true,
    parametersOf: (updates) => ({ kind: "history", updates, inFlight: 64 }),
  },
];
