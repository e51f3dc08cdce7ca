/** The scenarios, with their exact shapes, and the short forms that the tests run. */
import type { FigureName } from "../report/figures.ts";

/** What a scenario does, and how much of it. */
export type ScenarioParameters = TypingParameters;

/** Authors type, readers see it. */
export interface TypingParameters {
  readonly kind: "typing";
  readonly rooms: number;
  /** In each room, beside its one author. */
  readonly readers: number;
  /** In each room. */
  readonly updates: number;
  /** When an author sends its next update. */
  readonly pace:
    | { readonly kind: "in-flight"; readonly count: number }
    | { readonly kind: "rate"; readonly perSecond: number };
  /** Updates in each of as many other rooms before anything is measured. */
  readonly warmUpUpdates: number;
}

/** A scenario. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly parameters: ScenarioParameters;
  /** The same in a second or two. */
  readonly short: ScenarioParameters;
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
      warmUpUpdates: 500,
    },
    short: {
      kind: "typing",
      rooms: 1,
      readers: 10,
      updates: 600,
      pace: { kind: "in-flight", count: 8 },
      warmUpUpdates: 20,
    },
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
      warmUpUpdates: 25,
    },
    short: {
      kind: "typing",
      rooms: 20,
      readers: 2,
      updates: 50,
      pace: { kind: "in-flight", count: 4 },
      warmUpUpdates: 5,
    },
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
      warmUpUpdates: 20,
    },
    short: {
      kind: "typing",
      rooms: 10,
      readers: 3,
      updates: 10,
      pace: { kind: "rate", perSecond: 20 },
      warmUpUpdates: 2,
    },
    columns: typingColumns,
    ratios: ["cpuUsPerDelivery", "latencyP99Ms"],
  },
];
