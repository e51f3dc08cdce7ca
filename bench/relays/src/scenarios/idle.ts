/** `idle`: what rooms cost whose clients do nothing, and rooms whose clients have left. */
import { setTimeout as rest } from "node:timers/promises";
import type { Job, RunResult } from "../load/job.ts";
import { createDeferred } from "../load/deferred.ts";
import { inLanes } from "../load/lanes.ts";
import { heldMegabytes, memoryMegabytes, residentMegabytes } from "../load/memory.ts";
import { createProgress } from "../load/progress.ts";
import { openWindow } from "../load/window.ts";
import { type Client, idleHandlers, type Wire, urlOf } from "../wires/wire.ts";
import { type Keystrokes, readKeystrokes } from "../workload/keystrokes.ts";
import type { IdleParameters } from "./parameters.ts";

const laneCount = 16;
/** At least so many rooms are looked into, whether everything is there. */
const checkedMin = 20;

/** Runs the scenario. */
export const runIdle = async (
  job: Job,
  wire: Wire,
  { rooms, updates, restMs }: IdleParameters,
): Promise<RunResult> => {
  const keystrokes = readKeystrokes(updates);
  const names = Array.from({ length: rooms }, (_, index) => {
    return `${job.roomPrefix}${String(index).padStart(6, "0")}`;
  });
  const clients: Client[] = [];
  const closeWindow = openWindow(job.processes);
  await inLanes(names, laneCount, async (name, index) => {
    clients[index] = await fillRoom(job, wire, name, index, keystrokes);
  });
  const use = closeWindow();
  const failure = await whyWrongRooms(job, wire, names, keystrokes);
  await rest(restMs);
  const before = {
    memoryMegabytes: memoryMegabytes(job.processes),
    residentMegabytes: residentMegabytes(job.processes),
  };
  const heldMemory = await heldMegabytes(job.processes, restMs);
  for (const { socket } of clients) socket.close();
  await rest(restMs * 2);
  return {
    figures: {
      ...before,
      heldMegabytes: heldMemory,
      heldKilobytesPerRoom: (heldMemory * 1000) / rooms,
      leftMegabytes: await heldMegabytes(job.processes, restMs),
      cpuUsPerUpdate: (use.cpuMs * 1000) / rooms / updates,
    },
    failure,
    ...use.spent,
  };
};

/** Joins and types everything in one go; resolves when all of it is acknowledged. */
const fillRoom = async (
  job: Job,
  wire: Wire,
  name: string,
  index: number,
  keystrokes: Keystrokes,
): Promise<Client> => {
  const { updates } = keystrokes;
  const done = createDeferred();
  const progress = createProgress(keystrokes);
  const reach = (count: number): void => {
    if (count === updates.length) done.resolve();
  };
  const client = await wire.join(job.target, urlOf(job.target, index), name, {
    ...idleHandlers,
    update: (payload) => {
      const count = progress.take(payload);
      if (wire.isAcknowledgedByEcho) reach(count);
    },
    acknowledged: reach,
    closed: (code) => done.reject(new Error(`room ${name} was closed with ${code}`)),
  });
  client.socket.send(Buffer.concat(wire.updateFrames(name, updates)));
  await done.promise;
  return client;
};

/** What newcomers do not find in some of the rooms, evenly spread, or null. */
export const whyWrongRooms = async (
  job: Job,
  wire: Wire,
  names: readonly string[],
  keystrokes: Keystrokes,
): Promise<string | null> => {
  const step = Math.max(1, Math.floor(names.length / checkedMin));
  for (let index = 0; index < names.length; index += step) {
    const why = await whyWrongRoom(job, wire, names[index] ?? "", keystrokes);
    if (why !== null) return why;
  }
  return null;
};

/** What a newcomer does not find in a room, or null. */
const whyWrongRoom = async (
  job: Job,
  wire: Wire,
  name: string,
  keystrokes: Keystrokes,
): Promise<string | null> => {
  const progress = createProgress(keystrokes);
  const done = createDeferred();
  const client = await wire.join(job.target, urlOf(job.target, 0), name, {
    ...idleHandlers,
    update: (payload) => void progress.take(payload),
    state: (payload) => void progress.takeState(payload),
    caughtUp: () => setImmediate(done.resolve),
    closed: (code) => done.reject(new Error(`room ${name} was closed with ${code}`)),
  });
  await done.promise;
  client.socket.close();
  if (progress.failure !== null) return `a newcomer to ${name}: ${progress.failure}`;
  return progress.isComplete
    ? null
    : `a newcomer to ${name} has ${progress.count} of ${keystrokes.updates.length}`;
};
