/** Runs jobs one after the other in a worker thread that may hang, crash or run out of memory: only the job that did it fails. */
import { SyncError } from "@syncline/machine";
import { Worker } from "node:worker_threads";
import {
  bytesOfJob,
  doJob,
  type DocumentJob,
  packJob,
  type WorkerMessage,
} from "./document-job.ts";

/** Takes jobs. */
export interface DocumentRunner {
  /** Does the job after those before it. Rejects with `BUSY`, `TIMEOUT`, `BAD_PAYLOAD` or `CLOSED`. */
  run(job: DocumentJob): Promise<readonly (Uint8Array | null)[]>;
  /** Fails what is under way and ends the worker. Idempotent. */
  close(): Promise<void>;
}

/** Limits of a runner. */
export interface RunnerLimits {
  /** How long a job may take before its worker is ended, in milliseconds. */
  readonly watchdogMs: number;
  /** Jobs that wait; further ones are refused with `BUSY`. */
  readonly jobsMax: number;
  /** Bytes of the jobs that wait; further ones are refused with `BUSY`. */
  readonly queueBytesMax: number;
  /** The worker's heap, in MiB: beyond it the worker ends, not the process. */
  readonly heapMegabytesMax: number;
  /** How long the worker stays without a job, in milliseconds: to start it again takes 50 ms of processor time. */
  readonly idleMs: number;
  /** A job of this many bytes or more makes the worker's heap so large that it is not worth keeping: opened, a document is several times its bytes. */
  readonly largeJobBytes: number;
  /** How long the worker stays without a job after a large one, in milliseconds. */
  readonly largeIdleMs: number;
}

interface Waiting {
  readonly job: DocumentJob;
  readonly sizeBytes: number;
  readonly done: (results: readonly (Uint8Array | null)[]) => void;
  readonly failed: (error: SyncError) => void;
}

interface Thread {
  readonly worker: Worker;
  isReady: boolean;
  /** It has done a large job. */
  isGrown: boolean;
}

const refusalOf = (reason: string): SyncError =>
  new SyncError("BAD_PAYLOAD", `the document cannot be opened: ${reason}`);

interface Runner {
  readonly script: URL;
  readonly limits: RunnerLimits;
  readonly queue: Waiting[];
  queueBytes: number;
  current: Waiting | null;
  thread: Thread | null;
  stopWatchdog: () => void;
  /** Prevents the end of a worker without a job. */
  stopIdleTimer: () => void;
  isClosed: boolean;
}

/** A runner whose worker is the module at `script`. The worker starts with a job, ends after a while without one, and does not keep the process alive while idle. */
export const createWorkerRunner = (script: URL, limits: RunnerLimits): DocumentRunner => {
  const runner: Runner = {
    script,
    limits,
    queue: [],
    queueBytes: 0,
    current: null,
    thread: null,
    stopWatchdog: () => {},
    stopIdleTimer: () => {},
    isClosed: false,
  };
  return {
    run: (job) =>
      new Promise((done, failed) => {
        const waiting = { job, sizeBytes: bytesOfJob(job), done, failed };
        const refusal = whyRefused(runner, waiting.sizeBytes);
        if (refusal !== null) return failed(refusal);
        runner.queue.push(waiting);
        runner.queueBytes += waiting.sizeBytes;
        startNext(runner);
      }),
    close: () => close(runner),
  };
};

const closedError = (): SyncError => new SyncError("CLOSED", "the document service is closed");

const whyRefused = (runner: Runner, sizeBytes: number): SyncError | null => {
  const { queue, queueBytes, limits } = runner;
  if (runner.isClosed) return closedError();
  const isFull = queue.length >= limits.jobsMax || queueBytes + sizeBytes > limits.queueBytesMax;
  return isFull ? new SyncError("BUSY", `${queue.length} documents wait to be opened`) : null;
};

const startNext = (runner: Runner): void => {
  if (runner.current !== null || runner.isClosed) return;
  runner.stopIdleTimer();
  const next = runner.queue.shift();
  if (next === undefined) return rest(runner);
  runner.queueBytes -= next.sizeBytes;
  runner.current = next;
  runner.thread ??= startThread(runner);
  runner.thread.worker.ref();
  if (runner.thread.isReady) post(runner, runner.thread, next);
};

/** Nothing is asked: the process may end, and after a while the worker does. */
const rest = (runner: Runner): void => {
  runner.thread?.worker.unref();
  const { idleMs, largeIdleMs } = runner.limits;
  const waitMs = runner.thread?.isGrown === true ? largeIdleMs : idleMs;
  const timer = setTimeout(() => void endThread(runner), waitMs);
  timer.unref();
  runner.stopIdleTimer = () => clearTimeout(timer);
};

const post = (runner: Runner, thread: Thread, { job, sizeBytes }: Waiting): void => {
  const { worker } = thread;
  const { watchdogMs, largeJobBytes } = runner.limits;
  if (sizeBytes >= largeJobBytes) thread.isGrown = true;
  const message = packJob(job);
  worker.postMessage(message, [message.packed.bytes.buffer as ArrayBuffer]);
  const timer = setTimeout(() => {
    void endThread(runner);
    const error = new SyncError("TIMEOUT", `a document was not opened within ${watchdogMs} ms`);
    settle(runner, (waiting) => waiting.failed(error));
  }, watchdogMs);
  runner.stopWatchdog = () => clearTimeout(timer);
};

/** Ends the current job, and begins the next. */
const settle = (runner: Runner, finish: (waiting: Waiting) => void): void => {
  runner.stopWatchdog();
  const finished = runner.current;
  runner.current = null;
  if (finished !== null) finish(finished);
  startNext(runner);
};

const startThread = (runner: Runner): Thread => {
  // Nobody waits for a few per cent of its time, but everybody for the memory that a large young generation would take.
  const resourceLimits = {
    maxOldGenerationSizeMb: runner.limits.heapMegabytesMax,
    maxYoungGenerationSizeMb: 8,
  };
  const worker = new Worker(runner.script, { resourceLimits });
  const thread: Thread = { worker, isReady: false, isGrown: false };
  let reason = "the worker ended";
  worker.on("message", (message: WorkerMessage) => {
    if (runner.thread === thread) whenSaid(runner, thread, message);
  });
  worker.on("error", (error) => {
    reason = error instanceof Error ? error.message : String(error);
  });
  worker.on("exit", () => {
    if (runner.thread === thread) whenDied(runner, thread, reason);
  });
  return thread;
};

const endThread = async (runner: Runner): Promise<void> => {
  const { thread } = runner;
  runner.thread = null;
  await thread?.worker.terminate();
};

const whenSaid = (runner: Runner, thread: Thread, message: WorkerMessage): void => {
  switch (message.kind) {
    case "ready":
      thread.isReady = true;
      if (runner.current !== null) post(runner, thread, runner.current);
      return;
    case "done":
      return settle(runner, (waiting) => waiting.done(message.results));
    case "failed":
      return settle(runner, (waiting) => waiting.failed(refusalOf(message.reason)));
  }
};

const whenDied = (runner: Runner, { isReady }: Thread, reason: string): void => {
  runner.thread = null;
  // A worker that never began says nothing about the payload.
  const cannotStart = new SyncError("BUSY", `the document worker does not start: ${reason}`);
  settle(runner, (waiting) => waiting.failed(isReady ? refusalOf(reason) : cannotStart));
};

const close = async (runner: Runner): Promise<void> => {
  runner.isClosed = true;
  runner.stopWatchdog();
  runner.stopIdleTimer();
  const open = runner.current === null ? [] : [runner.current];
  open.push(...runner.queue.splice(0));
  runner.current = null;
  for (const waiting of open) waiting.failed(closedError());
  await endThread(runner);
};

/** A runner in this thread, for where the worker has no module of its own: no watchdog, and a job holds everything else up. */
export const createLocalRunner = (): DocumentRunner => {
  let isClosed = false;
  return {
    run: async (job) => {
      await Promise.resolve();
      if (isClosed) throw new SyncError("CLOSED", "the document service is closed");
      try {
        return doJob(job);
      } catch (error) {
        throw refusalOf(error instanceof Error ? error.message : String(error));
      }
    },
    close: async () => {
      isClosed = true;
    },
  };
};
