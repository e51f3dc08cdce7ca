/** So many rooms of writers and readers, typing at a steady pace. */
import { setTimeout as rest } from "node:timers/promises";
import * as Y from "yjs";
import { type BenchClient, type LoadCounts, openBenchClient } from "./bench-client.ts";
import { quantileOf } from "./quantile.ts";
import type { BenchRelay } from "./bench-relay.ts";

/** What is put on the relay. */
export interface LoadShape {
  readonly rooms: number;
  readonly writersEach: number;
  readonly readersEach: number;
  /** Updates a second of each writer. */
  readonly rate: number;
  readonly durationMs: number;
  /** A relay that lets 1 % of updates wait longer than this to be on disk does not keep up. */
  readonly patienceMs: number;
}

/** What came of it. */
export interface LoadFigures extends LoadShape {
  readonly updatesPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly acknowledgeP50Ms: number;
  readonly acknowledgeP99Ms: number;
  /** Of one core; several threads may use more than one. */
  readonly relayCpuPercent: number;
  readonly loadCpuPercent: number;
  readonly flushesPerSecond: number;
  readonly memoryMegabytes: number;
  /** Whether everything was delivered and acknowledged at the pace at which it was typed. */
  readonly isKeptUp: boolean;
  /** What was short, if it did not keep up. */
  readonly shortOf: "relay" | "load" | "disk" | null;
}

const LANES = 64;
const TICK_MS = 5;
const FULL_PERCENT = 85;

/** Connects everybody, types for a while, and closes them again. */
export const runRoomLoad = async (relay: BenchRelay, shape: LoadShape): Promise<LoadFigures> => {
  const counts = newCounts();
  const name = (index: number): string => `bench-${shape.rooms}-${index}`;
  const clientsEach = shape.writersEach + shape.readersEach;
  const clients: BenchClient[] = [];
  const places = Array.from({ length: shape.rooms * clientsEach }, (_, index) => index);
  try {
    await inLanes(places, async (place) => {
      clients[place] = await openBenchClient(
        relay.url,
        name(Math.floor(place / clientsEach)),
        counts,
      );
    });
    const writers = clients.filter((_, place) => place % clientsEach < shape.writersEach);
    // Once all code is warm and every room is open, what is counted begins.
    await typeFor(writers, { ...shape, durationMs: shape.durationMs / 3 });
    return await measure(relay, shape, writers, counts);
  } finally {
    for (const client of clients) client?.close();
  }
};

/** No counts yet. */
export const newCounts = (): LoadCounts => ({
  deliveryCount: 0,
  sentCount: 0,
  acknowledgedCount: 0,
  acknowledgeMs: [],
});

/** Does it for all, some at a time. */
export const inLanes = async <Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const rest = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
};

const measure = async (
  relay: BenchRelay,
  shape: LoadShape,
  writers: readonly BenchClient[],
  counts: LoadCounts,
): Promise<LoadFigures> => {
  const [before, healthBefore] = [await relay.use(false), await relay.health()];
  const cpuBefore = process.cpuUsage();
  const countsBefore = { ...counts };
  counts.acknowledgeMs = [];
  const startMs = performance.now();
  await typeFor(writers, shape);
  const elapsedMs = performance.now() - startMs;
  const [after, healthAfter] = [await relay.use(false), await relay.health()];
  const { user, system } = process.cpuUsage(cpuBefore);
  const perSecond = (count: number): number => (count * 1000) / elapsedMs;
  const loadCpuPercent = (user + system) / 10 / elapsedMs;
  const relayCpuPercent = ((after.cpuMs - before.cpuMs) * 100) / elapsedMs;
  const acknowledgeP99Ms = quantileOf(counts.acknowledgeMs, 0.99);
  const sentCount = counts.sentCount - countsBefore.sentCount;
  const acknowledgedCount = counts.acknowledgedCount - countsBefore.acknowledgedCount;
  const expectedCount = (writers.length * shape.rate * elapsedMs) / 1000;
  const isKeptUp =
    acknowledgeP99Ms <= shape.patienceMs &&
    acknowledgedCount >= sentCount * 0.9 &&
    sentCount >= expectedCount * 0.9;
  const isShort = (percent: number): boolean => percent > FULL_PERCENT;
  return {
    ...shape,
    updatesPerSecond: perSecond(acknowledgedCount),
    deliveriesPerSecond: perSecond(counts.deliveryCount - countsBefore.deliveryCount),
    acknowledgeP50Ms: quantileOf(counts.acknowledgeMs, 0.5),
    acknowledgeP99Ms,
    relayCpuPercent,
    loadCpuPercent,
    flushesPerSecond: perSecond(healthAfter.disk.flushes - healthBefore.disk.flushes),
    memoryMegabytes: after.memoryBytes / 1e6,
    isKeptUp,
    shortOf: isKeptUp
      ? null
      : isShort(loadCpuPercent)
        ? "load"
        : isShort(relayCpuPercent)
          ? "relay"
          : "disk",
  };
};

/** Every writer at the same pace, evenly spread over time. A timer that comes late is made up for, as far as a second. */
const typeFor = async (
  writers: readonly BenchClient[],
  { rate, durationMs }: LoadShape,
): Promise<void> => {
  const updates = typedLetters(LETTERS);
  const perMs = (writers.length * rate) / 1000;
  const startMs = performance.now();
  let typedCount = 0;
  for (let nowMs = startMs; nowMs - startMs < durationMs; nowMs = performance.now()) {
    const dueCount = Math.floor((nowMs - startMs) * perMs);
    typedCount = Math.max(typedCount, Math.floor(dueCount - perMs * 1000));
    for (; typedCount < dueCount; typedCount += 1) {
      const round = Math.floor(typedCount / writers.length);
      const update = updates[round % updates.length];
      if (update !== undefined) writers[typedCount % writers.length]?.type(update);
    }
    await rest(TICK_MS);
  }
};

const LETTERS = 2000;

/** Letters typed one after the other, an update each. Every writer sends the same, which changes nothing of their cost. */
export const typedLetters = (count: number): readonly Uint8Array[] => {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (let index = 0; index < count; index += 1) doc.getText("body").insert(index, "x");
  return updates;
};
