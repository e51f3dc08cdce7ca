/** What a room has of its document: payloads, never a `Y.Doc`. Merged at the side, when somebody asks or when they have become many. */
import type { DocumentAnswer, Documents } from "../documents.ts";
import { emptyUpdate, emptyVector, isEmptyVector } from "./empty-document.ts";
import { createPackedPayloads } from "./packed-payloads.ts";
import { quickAnswer } from "./quick-answer.ts";
import { createWholeReader, type WholeContent } from "./whole-content.ts";

/** The payloads of one document, in the order in which they came. */
export interface RoomContent {
  /** Takes copies of payloads in. */
  add(payloads: readonly Uint8Array[]): void;
  /**
   * The merged state, its state vector, and what a holder of this vector lacks (everything for null), with at least all that was added before
   * the call. Equal questions between two changes are answered once. Rejects as `Documents.answer` does.
   */
  answer(stateVector: Uint8Array | null): Promise<DocumentAnswer>;
  /** Everything, for somebody who has nothing, or null where it is better to ask for it as one, by `answer`: it has too many parts. */
  whole(): WholeContent | null;
  /** What of a payload is neither here nor in `others`, or null if nothing is. Rejects as `Documents.novelty` does. */
  novelty(payload: Uint8Array, others: readonly Uint8Array[]): Promise<Uint8Array | null>;
}

/** When payloads are merged without anybody asking. */
export interface ContentLimits {
  /** Payloads behind the merged state. */
  readonly tailCountMax: number;
  /** Bytes behind the merged state, or as many as the state has if those are more. */
  readonly tailBytesMax: number;
}

/** Answers that are kept until the next change. */
const ANSWERS_MAX = 16;
/** Larger answers are given and forgotten. */
const KEPT_BYTES_MAX = 1024 * 1024;

/** A document with nothing in it. */
export const createRoomContent = (documents: Documents, limits: ContentLimits): RoomContent => {
  /** What all that came before the tail is as one, or null if there is nothing. */
  let merged: DocumentAnswer | null = null;
  const tail = createPackedPayloads();
  const whole = createWholeReader();
  let isMerging = false;
  /** After a merge that failed the next is tried when there is twice as much; more often would keep the worker from everything else. */
  let patience = 1;
  const answers = new Map<string, Promise<DocumentAnswer>>();

  const payloads = (): readonly Uint8Array[] =>
    merged === null ? tail.list() : [merged.state, ...tail.list()];

  const compute = async (stateVector: Uint8Array | null): Promise<DocumentAnswer> => {
    const front = merged;
    const askedCount = tail.count;
    const answer = await documents.answer(payloads(), stateVector);
    // What came meanwhile stands behind; unless somebody else's merge has replaced the front already.
    if (merged === front) {
      tail.dropFirst(askedCount);
      // The difference is the asker's; it may be as large as the state.
      merged = { ...answer, difference: answer.state };
      whole.merged();
    }
    return answer;
  };

  const ask = (stateVector: Uint8Array | null): Promise<DocumentAnswer> => {
    const key = stateVector === null ? "" : Buffer.from(stateVector).toString("latin1");
    const known = answers.get(key);
    if (known !== undefined) return known;
    const asked = compute(stateVector);
    answers.set(key, asked);
    const forget = (): void => {
      if (answers.get(key) === asked) answers.delete(key);
    };
    asked.then((answer) => {
      const isLarge = answer.state.length + answer.difference.length > KEPT_BYTES_MAX;
      if (isLarge || answers.size > ANSWERS_MAX) forget();
    }, forget);
    return asked;
  };

  const mergeIfMany = (): void => {
    const { tailCountMax, tailBytesMax } = limits;
    const bytesMax = Math.max(tailBytesMax, merged?.state.length ?? 0);
    const isFew = tail.count <= tailCountMax * patience && tail.bytes <= bytesMax * patience;
    if (isMerging || isFew) return;
    isMerging = true;
    const finish = (nextPatience: number) => (): void => {
      isMerging = false;
      patience = nextPatience;
    };
    ask(null).then(finish(1), finish(patience * 2));
  };

  return {
    add: (added) => {
      if (added.length === 0) return;
      for (const payload of added) tail.add(payload);
      answers.clear();
      whole.added();
      mergeIfMany();
    },
    whole: () => whole.read(merged, tail),
    answer: async (stateVector) => {
      if (merged === null && tail.count === 0) {
        return { state: emptyUpdate, stateVector: emptyVector, difference: emptyUpdate };
      }
      if (stateVector !== null && !isEmptyVector(stateVector)) {
        return quickAnswer(whole.read(merged, tail), stateVector) ?? ask(stateVector);
      }
      if (merged !== null && tail.count === 0) return merged;
      return ask(null);
    },
    novelty: (payload, others) => documents.novelty([...payloads(), ...others], payload),
  };
};
