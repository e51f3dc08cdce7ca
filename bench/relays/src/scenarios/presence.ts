/** `presence`: everybody sees everybody else's cursor move. */
import { setTimeout as rest } from "node:timers/promises";
import { createDeferred } from "../load/deferred.ts";
import type { Job, RunResult } from "../load/job.ts";
import { inLanes } from "../load/lanes.ts";
import { openWindow } from "../load/window.ts";
import { cursorOf, takeBytes, takeNumber } from "../load/cursor.ts";
import { quantileOf } from "../report/statistics.ts";
import { type Client, idleHandlers, type Wire, urlOf } from "../wires/wire.ts";
import type { PresenceParameters } from "./parameters.ts";

const patienceMs = 10_000;
const firstClient = 1_000_000;

interface Presence {
  readonly job: Job;
  readonly wire: Wire;
  readonly parameters: PresenceParameters;
  readonly clients: Client[];
  /** When client c made its move m, at c * moves + m. */
  readonly sentAtMs: Float64Array;
  /** How many moves of client c reader r knows of, at r * clients + c. */
  readonly seenCounts: Uint16Array;
  readonly latencies: number[];
  arrivedAtMs: number;
  seenTotal: number;
  messageCount: number;
  finished: () => void;
}

/** Runs the scenario. A move that a newer one has overtaken counts as delivered with it, as on a screen. */
export const runPresence = async (
  job: Job,
  wire: Wire,
  parameters: PresenceParameters,
): Promise<RunResult> => {
  const { clients: clientCount, movesEach } = parameters;
  const presence: Presence = {
    job,
    wire,
    parameters,
    clients: [],
    sentAtMs: new Float64Array(clientCount * movesEach),
    seenCounts: new Uint16Array(clientCount * clientCount),
    latencies: [],
    arrivedAtMs: 0,
    seenTotal: 0,
    messageCount: 0,
    finished: () => {},
  };
  const name = `${job.roomPrefix}presence`;
  await inLanes(Array.from({ length: clientCount }), 16, (_, index) => join(presence, name, index));
  await rest(parameters.restMs);
  const before = trafficOf(presence);
  const closeWindow = openWindow(job.processes);
  const startMs = performance.now();
  const deliveries = clientCount * (clientCount - 1) * movesEach;
  const failure = await move(presence, name, deliveries);
  const use = closeWindow();
  const after = trafficOf(presence);
  const latencies = Float64Array.from(presence.latencies).sort();
  for (const { socket } of presence.clients) socket.close();
  return {
    figures: {
      deliveriesPerSecond: deliveries / ((presence.arrivedAtMs - startMs) / 1000),
      latencyP50Ms: quantileOf(latencies, 0.5),
      latencyP99Ms: quantileOf(latencies, 0.99),
      cpuUsPerDelivery: (use.cpuMs * 1000) / deliveries,
      serverCpuShare: use.cpuMs / use.spent.elapsedMs,
      bytesPerDelivery: (after.bytes - before.bytes) / deliveries,
      framesPerDelivery: (after.messages - before.messages) / deliveries,
      memoryMegabytes: use.memoryMegabytes,
    },
    failure,
    ...use.spent,
  };
};

const join = async (presence: Presence, name: string, index: number): Promise<void> => {
  const { job, wire } = presence;
  presence.clients[index] = await wire.join(job.target, urlOf(job.target, index), name, {
    ...idleHandlers,
    presence: (bytes) => take(presence, index, bytes),
  });
};

/** Takes an awareness update. */
const take = (presence: Presence, reader: number, bytes: Uint8Array): void => {
  const { clients: clientCount, movesEach } = presence.parameters;
  const nowMs = performance.now();
  const cursor = cursorOf(bytes);
  for (let entries = takeNumber(cursor); entries > 0; entries -= 1) {
    const author = takeNumber(cursor) - firstClient;
    takeNumber(cursor);
    const move = moveOf(takeBytes(cursor));
    if (author === reader || author < 0 || author >= clientCount || move === null) continue;
    const place = reader * clientCount + author;
    const seen = presence.seenCounts[place] ?? 0;
    for (let one = seen; one <= move; one += 1) {
      presence.latencies.push(nowMs - (presence.sentAtMs[author * movesEach + one] ?? 0));
    }
    if (move < seen) continue;
    presence.seenTotal += move + 1 - seen;
    presence.seenCounts[place] = move + 1;
    presence.arrivedAtMs = nowMs;
  }
  if (presence.seenTotal === clientCount * (clientCount - 1) * movesEach) presence.finished();
};

const digits = 4;
const stateOf = (client: number, move: number): string =>
  `{"n":"${String(move).padStart(digits, "0")}","user":{"name":"Client ${client}","color":"#30bced"},` +
  `"cursor":{"anchor":${1000 + move},"head":${1000 + move}}}`;

/** The number of the move, from where it stands in the state. */
const moveOf = (state: Uint8Array): number | null => {
  if (state.length < 20) return null;
  let move = 0;
  for (let at = 6; at < 6 + digits; at += 1) move = move * 10 + (state[at] ?? 0) - 48;
  return move;
};

/** Moves all cursors; resolves with why not everybody has seen all, or with null. */
const move = async (
  presence: Presence,
  name: string,
  deliveries: number,
): Promise<string | null> => {
  const { clients: clientCount, movesEach, everyMs } = presence.parameters;
  const done = createDeferred();
  presence.finished = done.resolve;
  presence.arrivedAtMs = performance.now();
  const startMs = performance.now();
  const total = clientCount * movesEach;
  let sent = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const due = Math.min(total, Math.floor(((nowMs - startMs) / everyMs) * clientCount) + 1);
    for (; sent < due; sent += 1) sendMove(presence, name, sent);
    if (sent === total && nowMs - presence.arrivedAtMs > patienceMs) done.resolve();
  }, 1);
  await done.promise;
  clearInterval(timer);
  return presence.seenTotal === deliveries
    ? null
    : `${presence.seenTotal} of ${deliveries} moves were seen`;
};

const sendMove = (presence: Presence, name: string, serial: number): void => {
  const { wire, parameters, clients, sentAtMs } = presence;
  const client = serial % parameters.clients;
  const number = Math.floor(serial / parameters.clients);
  sentAtMs[client * parameters.movesEach + number] = performance.now();
  const state = stateOf(client, number);
  const entry = { client: firstClient + client, clock: number + 1, state };
  clients[client]?.socket.send(wire.presenceFrame(name, entry));
};

const trafficOf = ({
  clients,
}: Presence): { readonly bytes: number; readonly messages: number } => ({
  bytes: clients.reduce((sum, { socket }) => sum + socket.bytesRead + socket.bytesWritten, 0),
  messages: clients.reduce((sum, { socket }) => sum + socket.messagesRead, 0),
});
