/** The load: a process of its own, which is given one run and answers with its figures. */
import { runTyping } from "../scenarios/typing.ts";
import { hocuspocusWire } from "../wires/hocuspocus.ts";
import { nativeWire } from "../wires/native.ts";
import type { Wire, WireName } from "../wires/wire.ts";
import { yWebsocketWire } from "../wires/y-websocket.ts";
import type { Job, RunResult } from "./job.ts";

const wires: Readonly<Record<WireName, Wire>> = {
  "y-websocket": yWebsocketWire,
  hocuspocus: hocuspocusWire,
  native: nativeWire,
};

const failed = (failure: string): RunResult => ({
  figures: {},
  failure,
  elapsedMs: 0,
  cpuMsByProcess: {},
  load: { cpuShare: 0, lateP99Ms: 0, bottleneck: null },
});

const answer = (result: RunResult): void => {
  process.send?.(result, () => process.exit(0));
};

process.once("message", (job: Job) => {
  const wire = wires[job.wire];
  run(job, wire).then(answer, (error: unknown) => {
    answer(failed(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  });
});

const run = (job: Job, wire: Wire): Promise<RunResult> => {
  switch (job.parameters.kind) {
    case "typing":
      return runTyping(job, wire, job.parameters);
  }
};

process.on("uncaughtException", (error) => answer(failed(error.stack ?? error.message)));
