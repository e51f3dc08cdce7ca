/** The one place of a relay where documents are opened: to merge what is to be compacted, and to answer stock clients. */
import type { MergedPayloads } from "@syncline/crdt";
import type { Batch } from "@syncline/gossip";
import { assert, SyncError } from "@syncline/machine";
import { refusalOf } from "./document-job.ts";
import type { DocumentAnswer } from "./document-merge.ts";
import { createLocalRunner, createWorkerRunner, type RunnerLimits } from "./document-runner.ts";
import { whyBadUpdate } from "./document-shape.ts";
import { type Refusal, whyBadValue } from "./value-shape.ts";

export type { DocumentAnswer } from "./document-merge.ts";

/** Opens documents at the side, in the order of the calls. The calls are not to change their payloads until they have resolved. */
export interface Documents {
  /**
   * Why a payload of a Yjs document is not acceptable, as the end of a sentence that begins with it, or null: shape only. Never throws.
   * Other types are refused. Cost: a few microseconds for a keystroke, about a nanosecond a byte for large ones.
   */
  whyBad(type: string, payload: Uint8Array): string | null;
  /**
   * Why a client's batch is not taken, or null: its shape, whether its type is known, whether its time is believable. A promise for a large batch of a
   * value, which is read at the side: to decode a megabyte takes some 50 ms. A value's bytes cost a few microseconds for a small change.
   */
  whyRefused(batch: Batch): Refusal | null | Promise<Refusal | null>;
  /**
   * All payloads merged into one, with what waits for something that is not among them: of a Yjs document, or of a value by its type's name. Of a value
   * also what is to be folded next of the replicas that somebody wants to be retired.
   *
   * Rejects with `BAD_PAYLOAD` if they cannot be merged (or the type is unknown), `TIMEOUT` if the watchdog had to end the worker, `BUSY` if too much waits.
   */
  merge(type: string, payloads: readonly Uint8Array[]): Promise<MergedPayloads>;
  /**
   * The merged state of a Yjs document, its state vector, and what a peer with `stateVector` lacks (everything for null).
   * A payload that Yjs throws at is left out, up to eight. Rejects as `merge` does.
   */
  answer(payloads: readonly Uint8Array[], stateVector: Uint8Array | null): Promise<DocumentAnswer>;
  /** What of a Yjs payload is not in `payloads` yet, as a payload; null if nothing is. Rejects as `merge` does. */
  novelty(payloads: readonly Uint8Array[], payload: Uint8Array): Promise<Uint8Array | null>;
  /** Fails what is under way with `CLOSED` and ends the worker. Idempotent. */
  close(): Promise<void>;
}

/** What a document service may be told. */
export interface DocumentsOptions extends Partial<RunnerLimits> {
  /**
   * The worker's module. Default: `document-worker.js` beside this module. When this module runs from its TypeScript source there is none, and
   * the same functions run in this thread, without watchdog or memory limit; null asks for that anywhere.
   */
  readonly worker?: URL | null;
}

const defaults: RunnerLimits = {
  watchdogMs: 10_000,
  jobsMax: 1000,
  queueBytesMax: 256 * 1024 * 1024,
  heapMegabytesMax: 1024,
  idleMs: 3000,
  largeJobBytes: 512 * 1024,
  largeIdleMs: 200,
};

/** A document service of its own, with at most one worker. */
export const createDocuments = (options: DocumentsOptions = {}): Documents => {
  const worker = options.worker === undefined ? defaultWorker() : options.worker;
  const runner =
    worker === null ? createLocalRunner() : createWorkerRunner(worker, { ...defaults, ...options });

  const whyBad = (type: string, payload: Uint8Array): string | null =>
    type === "yjs" ? whyBadUpdate(payload) : "is of no Yjs document";
  const whyRefused = ({ type, payload }: Batch): ReturnType<Documents["whyRefused"]> => {
    if (type === "yjs") {
      const reason = whyBadUpdate(payload);
      return reason === null ? null : { code: "BAD_PAYLOAD", reason };
    }
    if (payload.length <= checkedAtOnceBytes) return whyBadValue(type, payload, Date.now());
    return runner.run({ kind: "check", type, payload, wallMs: Date.now() }).then(
      ([result]) => refusalOf(result ?? null),
      // What takes the worker down, or more time than it has, is none either.
      (error: unknown) => ({ code: codeOf(error), reason: String(error) }),
    );
  };

  return {
    whyBad,
    whyRefused,
    merge: async (type, payloads) => {
      const [payload, proposal] = await runner.run({ kind: "merge", type, payloads });
      return { payload: certain(payload), proposal: proposal ?? null };
    },
    answer: async (payloads, stateVector) => {
      const results = await runner.run({ kind: "answer", payloads, stateVector });
      const state = certain(results[0]);
      const difference = results[2] ?? state;
      return { state, stateVector: certain(results[1]), difference };
    },
    novelty: async (payloads, payload) => {
      const [result] = await runner.run({ kind: "novelty", payloads, payload });
      return result ?? null;
    },
    close: () => runner.close(),
  };
};

const defaultWorker = (): URL | null =>
  import.meta.url.endsWith(".js") ? new URL("./document-worker.js", import.meta.url) : null;

/** Larger payloads of values are read in the worker. */
const checkedAtOnceBytes = 64 * 1024;

const codeOf = (error: unknown): Refusal["code"] =>
  error instanceof SyncError && error.code !== "TIMEOUT" ? error.code : "BAD_PAYLOAD";

const certain = (bytes: Uint8Array | null | undefined): Uint8Array => {
  assert(bytes !== null && bytes !== undefined, "a job gave no bytes");
  return bytes;
};
