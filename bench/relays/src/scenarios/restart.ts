/** `restart`: fills a server with rooms; and, when it has been started again, looks whether they are there. */
import { setTimeout as rest } from "node:timers/promises";
import type { Job, RunResult } from "../load/job.ts";
import { openWindow } from "../load/window.ts";
import type { Wire } from "../wires/wire.ts";
import { readKeystrokes } from "../workload/keystrokes.ts";
import { whyWrongRooms } from "./idle.ts";
import { fillRooms } from "./filling.ts";
import type { RestartParameters } from "./parameters.ts";

/** What each room has. */
const keystrokeCount = 10;

/** Runs one of the two phases. */
export const runRestart = async (
  job: Job,
  wire: Wire,
  { rooms, phase, restMs }: RestartParameters,
): Promise<RunResult> => {
  const keystrokes = readKeystrokes(keystrokeCount);
  const names = Array.from({ length: rooms }, (_, index) => {
    return `${job.roomPrefix}${String(index).padStart(6, "0")}`;
  });
  const closeWindow = openWindow(job.processes);
  let failure: string | null = null;
  let firstJoinMs = 0;
  if (phase === "fill") {
    await fillRooms(job, wire, names, keystrokes);
  } else {
    const startMs = performance.now();
    failure = await whyWrongRooms(job, wire, names.slice(0, 1), keystrokes);
    firstJoinMs = performance.now() - startMs;
    failure ??= await whyWrongRooms(job, wire, names, keystrokes);
  }
  const use = closeWindow();
  if (phase === "fill") await rest(restMs);
  return {
    figures: phase === "fill" ? { fillCpuUsPerRoom: (use.cpuMs * 1000) / rooms } : { firstJoinMs },
    failure,
    ...use.spent,
  };
};
