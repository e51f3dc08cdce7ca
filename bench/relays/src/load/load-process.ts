/** The load: a process of its own, which is given one run after the other and answers each with its figures. */
import { runHistory } from "../scenarios/history.ts";
import { runIdle } from "../scenarios/idle.ts";
import { runJoin } from "../scenarios/join.ts";
import { runPresence } from "../scenarios/presence.ts";
import { runReconnect } from "../scenarios/reconnect.ts";
import { runRestart } from "../scenarios/restart.ts";
import { runTyping } from "../scenarios/typing.ts";
import { hocuspocusWire } from "../wires/hocuspocus.ts";
import { nativeWire } from "../wires/native.ts";
import type { Wire, WireName } from "../wires/wire.ts";
import { yWebsocketWire } from "../wires/y-websocket.ts";
import { failedRun, type Job, type RunResult } from "./job.ts";

const wires: Readonly<Record<WireName, Wire>> = {
  "y-websocket": yWebsocketWire,
  hocuspocus: hocuspocusWire,
  native: nativeWire,
};

const answer = (result: RunResult): void => {
  process.send?.(result);
};

const run = (job: Job): Promise<RunResult> => {
  const wire = wires[job.wire];
  switch (job.parameters.kind) {
    case "typing":
      return runTyping(job, wire, job.parameters);
    case "idle":
      return runIdle(job, wire, job.parameters);
    case "join":
      return runJoin(job, wire, job.parameters);
    case "presence":
      return runPresence(job, wire, job.parameters);
    case "reconnect":
      return runReconnect(job, wire, job.parameters);
    case "restart":
      return runRestart(job, wire, job.parameters);
    case "history":
      return runHistory(job, wire, job.parameters);
  }
};

process.on("message", (job: Job) => {
  run(job).then(answer, (error: unknown) => answer(failedRun(error)));
});

// What a handler throws in the middle of a frame ends the run, and this process: its sockets are in no known state.
process.on("uncaughtException", (error) => {
  process.send?.(failedRun(error), () => process.exit(1));
});
