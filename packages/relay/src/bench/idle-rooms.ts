/** What rooms cost in memory whose clients do nothing, and rooms whose clients have left. */
import { setTimeout as rest } from "node:timers/promises";
import { type BenchClient, openBenchClient } from "./bench-client.ts";
import type { BenchRelay } from "./bench-relay.ts";
import { inLanes, newCounts, typedLetters } from "./room-load.ts";

/** What was held. */
export interface IdleFigures {
  readonly rooms: number;
  /** Of a room with one client that is connected and does nothing: the room, its session and its socket. */
  readonly kilobytesPerConnectedRoom: number;
  /** Of a room that is on disk and that nobody has open. */
  readonly kilobytesPerLeftRoom: number;
}

const UPDATES_EACH = 20;
const PATIENCE_MS = 15_000;
/** For timers of what has just happened to be over. */
const SETTLE_MS = 1500;

/**
 * Opens rooms with one client each, types a little, and lets all leave; the same with other rooms before, so that what the first rooms of a process
 * leave behind (compiled code, heaps that have grown) is not counted as theirs.
 */
export const measureIdleRooms = async (relay: BenchRelay, rooms: number): Promise<IdleFigures> => {
  const before = await visitRooms(relay, rooms, "before");
  const { connectedBytes, leftBytes } = await visitRooms(relay, rooms, "idle");
  const each = (bytes: number): number => Math.max(0, bytes - before.leftBytes) / rooms / 1000;
  return {
    rooms,
    kilobytesPerConnectedRoom: each(connectedBytes),
    kilobytesPerLeftRoom: each(leftBytes),
  };
};

const visitRooms = async (
  relay: BenchRelay,
  rooms: number,
  prefix: string,
): Promise<{ readonly connectedBytes: number; readonly leftBytes: number }> => {
  const updates = typedLetters(UPDATES_EACH);
  const clients: BenchClient[] = [];
  const places = Array.from({ length: rooms }, (_, index) => index);
  await inLanes(places, async (place) => {
    const counts = newCounts();
    const client = await openBenchClient(relay.url, `${prefix}-${place}`, counts);
    clients[place] = client;
    for (const update of updates) client.type(update);
    await until(() => counts.acknowledgedCount >= UPDATES_EACH);
  });
  await rest(SETTLE_MS);
  const connected = await relay.use(true);
  for (const client of clients) client.close();
  await until(async () => (await relay.health()).spaces === 0);
  const left = await relay.use(true);
  return { connectedBytes: connected.memoryBytes, leftBytes: left.memoryBytes };
};

/** Gives up after a while: what is held then is what is told. */
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!(await holds()) && performance.now() < deadlineMs) await rest(10);
};
