/** The scenarios, with their exact shapes, and the short forms that the tests run. */
import type { FigureName } from "../report/figures.ts";
import type { ScenarioParameters } from "./parameters.ts";

/** A scenario. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly parameters: ScenarioParameters;
  /** The same in a second or two. */
  readonly short: ScenarioParameters;
  /** Which servers can take part: all, those that know documents, those that have them again after a restart. */
  readonly needs: "nothing" | "documents" | "persistence";
  /** Where the wire makes no difference, the server's last stands for all. */
  readonly isPerWire: boolean;
  /** The figures of its table, in order. */
  readonly columns: readonly FigureName[];
  /** The figures that are compared with the others'. */
  readonly ratios: readonly FigureName[];
}

const typingColumns = [
  "deliveriesPerSecond",
  "latencyP50Ms",
  "latencyP99Ms",
  "acknowledgedP50Ms",
  "acknowledgedP99Ms",
  "cpuUsPerDelivery",
  "bytesPerDelivery",
  "framesPerDelivery",
  "memoryMegabytes",
] as const;

/** Every scenario by its name. */
export const scenarios: readonly Scenario[] = [
  {
    name: "fan-out",
    title: "1 room, 1 author, 100 readers, 2,000 updates, 8 in flight",
    parameters: {
      kind: "typing",
      rooms: 1,
      readers: 100,
      updates: 2000,
      pace: { kind: "in-flight", count: 8 },
      warmUp: { updates: 12_000, inFlight: 8 },
      restMs: 300,
    },
    short: {
      kind: "typing",
      rooms: 1,
      readers: 10,
      updates: 160,
      pace: { kind: "in-flight", count: 8 },
      warmUp: { updates: 20, inFlight: 8 },
      restMs: 20,
    },
    needs: "nothing",
    isPerWire: true,
    columns: typingColumns,
    ratios: ["cpuUsPerDelivery", "deliveriesPerSecond"],
  },
  {
    name: "rooms",
    title: "200 rooms of 1 author and 2 readers, 100 updates each, 4 in flight",
    parameters: {
      kind: "typing",
      rooms: 200,
      readers: 2,
      updates: 100,
      pace: { kind: "in-flight", count: 4 },
      // Below a thousand: a relay merges a document of so many at the side, and that would still go on while other rooms are measured.
      warmUp: { updates: 600, inFlight: 4 },
      restMs: 300,
    },
    short: {
      kind: "typing",
      rooms: 10,
      readers: 2,
      updates: 30,
      pace: { kind: "in-flight", count: 4 },
      warmUp: { updates: 5, inFlight: 4 },
      restMs: 20,
    },
    needs: "nothing",
    isPerWire: true,
    columns: typingColumns,
    ratios: ["cpuUsPerDelivery", "deliveriesPerSecond"],
  },
  {
    name: "paced",
    title: "50 rooms of 1 author and 3 readers, 10 updates a second each, 10 s",
    parameters: {
      kind: "typing",
      rooms: 50,
      readers: 3,
      updates: 100,
      pace: { kind: "rate", perSecond: 10 },
      warmUp: { updates: 300, inFlight: 4 },
      restMs: 300,
    },
    short: {
      kind: "typing",
      rooms: 10,
      readers: 3,
      updates: 10,
      pace: { kind: "rate", perSecond: 20 },
      warmUp: { updates: 2, inFlight: 4 },
      restMs: 20,
    },
    needs: "nothing",
    isPerWire: true,
    columns: typingColumns,
    ratios: ["cpuUsPerDelivery", "latencyP99Ms"],
  },
  {
    name: "idle",
    title: "2,000 rooms of 300 updates with one client each, and after all have left",
    parameters: { kind: "idle", rooms: 2000, updates: 300, restMs: 10_000 },
    short: { kind: "idle", rooms: 10, updates: 30, restMs: 50 },
    needs: "documents",
    isPerWire: true,
    columns: [
      "memoryMegabytes",
      "residentMegabytes",
      "heldMegabytes",
      "heldKilobytesPerRoom",
      "leftMegabytes",
      "cpuUsPerUpdate",
    ],
    ratios: ["memoryMegabytes", "heldMegabytes"],
  },
  {
    name: "join",
    title: "150 clients open a document of 4 MB at once",
    parameters: { kind: "join", clients: 150, documentBytes: 4_000_000, restMs: 3000 },
    short: { kind: "join", clients: 5, documentBytes: 20_000, restMs: 50 },
    needs: "documents",
    isPerWire: true,
    columns: [
      "joinP50Ms",
      "joinP99Ms",
      "joinsPerSecond",
      "cpuMsPerJoin",
      "bytesPerJoin",
      "peakMegabytes",
      "peakOverBeforeMegabytes",
    ],
    ratios: ["peakMegabytes", "joinP99Ms"],
  },
  {
    name: "presence",
    title: "1 room, 300 clients, each moves its cursor once a second, 10 s",
    parameters: { kind: "presence", clients: 300, movesEach: 10, everyMs: 1000, restMs: 500 },
    short: { kind: "presence", clients: 10, movesEach: 3, everyMs: 50, restMs: 20 },
    needs: "nothing",
    isPerWire: true,
    columns: [
      "deliveriesPerSecond",
      "latencyP50Ms",
      "latencyP99Ms",
      "cpuUsPerDelivery",
      "serverCpuShare",
      "bytesPerDelivery",
      "framesPerDelivery",
      "memoryMegabytes",
    ],
    ratios: ["cpuUsPerDelivery", "latencyP99Ms"],
  },
  {
    name: "reconnect",
    title: "1 client comes back to 1,000 documents: nothing changed, then 10",
    parameters: { kind: "reconnect", documents: 1000, changed: 10, keystrokes: 30, restMs: 1000 },
    short: { kind: "reconnect", documents: 20, changed: 3, keystrokes: 10, restMs: 200 },
    needs: "documents",
    isPerWire: true,
    columns: [
      "unchangedBytes",
      "unchangedMessages",
      "roundTrips",
      "unchangedMs",
      "unchangedCpuMs",
      "changedBytes",
      "changedMessages",
      "changedMs",
    ],
    ratios: ["unchangedBytes", "unchangedMs"],
  },
  {
    name: "restart",
    title: "a start with 100,000 rooms on disk",
    parameters: { kind: "restart", rooms: 100_000, phase: "fill", restMs: 3000 },
    short: { kind: "restart", rooms: 100, phase: "fill", restMs: 500 },
    needs: "persistence",
    isPerWire: false,
    columns: [
      "emptyReadyMs",
      "readyMs",
      "firstJoinMs",
      "memoryMegabytes",
      "diskMegabytes",
      "diskBytesPerRoom",
      "fillCpuUsPerRoom",
    ],
    ratios: ["readyMs"],
  },
];
