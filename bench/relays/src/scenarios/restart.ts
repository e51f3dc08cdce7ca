/** `restart`: fills a server with rooms; and, when it has been started again, looks whether they are there. */
import type { Job, RunResult } from "../load/job.ts";
import { inLanes } from "../load/lanes.ts";
import { rest } from "../load/memory.ts";
import { openWindow } from "../load/window.ts";
import type { Wire } from "../wires/wire.ts";
import { readKeystrokes } from "../workload/keystrokes.ts";
import { whyWrongRoom } from "./idle.ts";
import { fillRooms } from "./filling.ts";
import type { RestartParameters } from "./parameters.ts";

/** What each room has. */
const keystrokeCount = 10;
const checkedMax = 20;

/** Runs one of the two phases. */
export const runRestart = async (
  job: Job,
  wire: Wire,
  { rooms, phase, restMs }: RestartParameters,
): Promise<RunResult> => {
  const keystrokes = readKeystrokes(keystrokeCount);
  const nameOf = (index: number): string => `${job.roomPrefix}${String(index).padStart(6, "0")}`;
  const closeWindow = openWindow(job.processes);
  let failure: string | null = null;
  let firstJoinMs = 0;
  if (phase === "fill") {
    await fillRooms(
      job,
      wire,
      Array.from({ length: rooms }, (_, index) => nameOf(index)),
      keystrokes,
    );
  } else {
    const startMs = performance.now();
    failure = await whyWrongRoom(job, wire, nameOf(0), keystrokes);
    firstJoinMs = performance.now() - startMs;
    const step = Math.max(1, Math.floor(rooms / checkedMax));
    const indexes = Array.from({ length: Math.min(rooms, checkedMax) }, (_, index) => index * step);
    await inLanes(indexes, 1, async (index) => {
      failure ??= await whyWrongRoom(job, wire, nameOf(index), keystrokes);
    });
  }
  const use = closeWindow();
  if (phase === "fill") await rest(restMs);
  return {
    figures: phase === "fill" ? { fillCpuUsPerRoom: (use.cpuMs * 1000) / rooms } : { firstJoinMs },
    failure,
    elapsedMs: use.elapsedMs,
    cpuMsByProcess: use.cpuMsByProcess,
    load: use.load,
  };
};
