/** One piece of work on a document's payloads, as it travels to the worker and back. */
import { mergePayloads as mergeValues } from "@syncline/crdt";
import { answerVector, mergePayloads, noveltyOf } from "./document-merge.ts";
import { type Refusal, whyBadValue } from "./value-shape.ts";

/** What is asked. */
export type DocumentJob =
  | { readonly kind: "merge"; readonly type: string; readonly payloads: readonly Uint8Array[] }
  | {
      readonly kind: "check";
      readonly type: string;
      readonly payload: Uint8Array;
      readonly wallMs: number;
    }
  | {
      readonly kind: "answer";
      readonly payloads: readonly Uint8Array[];
      readonly stateVector: Uint8Array | null;
    }
  | {
      readonly kind: "novelty";
      readonly payloads: readonly Uint8Array[];
      readonly payload: Uint8Array;
    };

/** Payloads in one buffer, which is passed on without a copy; one by one, a view of a pool would take the pool along. */
interface Packed {
  readonly bytes: Uint8Array;
  readonly byteCounts: readonly number[];
}

/** A job as a message to the worker. */
export interface JobMessage {
  readonly kind: DocumentJob["kind"];
  /** Of the document; empty where it is always Yjs. */
  readonly type: string;
  readonly wallMs: number;
  readonly packed: Packed;
}

/** What the worker says: once when it is ready, then one answer for each job, in order. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly results: readonly (Uint8Array | null)[] }
  | { readonly kind: "failed"; readonly reason: string };

/** The bytes that a job holds. */
export const bytesOfJob = (job: DocumentJob): number =>
  partsOf(job).reduce((sum, part) => sum + part.length, 0);

/** The job as one buffer. */
export const packJob = (job: DocumentJob): JobMessage => {
  const parts = partsOf(job);
  const bytes = new Uint8Array(bytesOfJob(job));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return {
    kind: job.kind,
    type: "type" in job ? job.type : "",
    wallMs: "wallMs" in job ? job.wallMs : 0,
    packed: { bytes, byteCounts: parts.map((part) => part.length) },
  };
};

/** The job out of its buffer. */
export const unpackJob = ({ kind, type, wallMs, packed }: JobMessage): DocumentJob => {
  let position = 0;
  const parts = packed.byteCounts.map((byteCount) => {
    position += byteCount;
    return packed.bytes.subarray(position - byteCount, position);
  });
  const last = parts.at(-1) ?? new Uint8Array();
  switch (kind) {
    case "merge":
      return { kind, type, payloads: parts };
    case "check":
      return { kind, type, wallMs, payload: last };
    case "answer":
      return { kind, payloads: parts.slice(0, -1), stateVector: last.length === 0 ? null : last };
    case "novelty":
      return { kind, payloads: parts.slice(0, -1), payload: last };
  }
};

const partsOf = (job: DocumentJob): readonly Uint8Array[] => {
  switch (job.kind) {
    case "merge":
      return job.payloads;
    case "check":
      return [job.payload];
    case "answer":
      return [...job.payloads, job.stateVector ?? new Uint8Array()];
    case "novelty":
      return [...job.payloads, job.payload];
  }
};

/** Does the job: `merge` gives the state, and of a value what is to be folded next, or null; `check` why it is refused, as text, or null; `answer` state, state vector and difference (null if it is the state); `novelty` what is new, or null. Throws what Yjs or the type throws. */
export const doJob = (job: DocumentJob): readonly (Uint8Array | null)[] => {
  switch (job.kind) {
    case "merge":
      return job.type === "yjs"
        ? [mergePayloads(job.payloads)]
        : mergedValues(job.type, job.payloads);
    case "check":
      return [refusalBytes(whyBadValue(job.type, job.payload, job.wallMs))];
    case "answer": {
      const { state, stateVector, difference } = answerVector(job.payloads, job.stateVector);
      return [state, stateVector, difference === state ? null : difference];
    }
    case "novelty":
      return [noveltyOf(job.payloads, job.payload)];
  }
};

const mergedValues = (
  type: string,
  payloads: readonly Uint8Array[],
): readonly (Uint8Array | null)[] => {
  const merged = mergeValues(type, payloads);
  if (merged === null) throw new Error(`some of it is of no known type, or no batch of ${type}`);
  return [merged.payload, merged.proposal];
};

const refusalBytes = (refusal: Refusal | null): Uint8Array | null =>
  refusal === null ? null : new TextEncoder().encode(JSON.stringify(refusal));

/** What a `check` came to. */
export const refusalOf = (bytes: Uint8Array | null): Refusal | null =>
  bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as Refusal);
