/**
 * A room's content that is let go of where nobody wants it, and read again from the space's home when somebody does. A silent room then costs the same
 * whatever its document has.
 */
import type { RoomContent } from "./room-content.ts";

/** A content that may rest. */
export interface RestingContent extends RoomContent {
  /** To be called now and then: the second call in a row between which nothing was added or asked lets go of everything. Only where the home has all of it on its disk. */
  restIfUnused(): void;
  /**
   * Null if the content is here; else resolves when it has been read again, or rejects as the reading did. `answer` and `novelty` wait by themselves, and
   * reject with it; `whole` is null meanwhile.
   */
  wake(): Promise<void> | null;
}

/** What a resting content needs. */
export interface RestingContentOptions {
  /** An empty content. */
  create(): RoomContent;
  /** What the home has on its disk when this is called, or more. */
  read(): Promise<readonly Uint8Array[]>;
}

interface Resting {
  readonly options: RestingContentOptions;
  /** Null while it rests. */
  content: RoomContent | null;
  /** The one that it wakes to: it takes what is added meanwhile, which may have come too late for what is read. */
  coming: { readonly content: RoomContent; readonly whenRead: Promise<void> } | null;
  isUsed: boolean;
}

/** An empty content, which does not rest yet. */
export const createRestingContent = (options: RestingContentOptions): RestingContent => {
  const resting: Resting = { options, content: options.create(), coming: null, isUsed: true };
  const awake = async (): Promise<RoomContent> => {
    for (;;) {
      await wake(resting);
      if (resting.content !== null) return resting.content;
    }
  };
  return {
    add: (payloads) => {
      if (payloads.length === 0) return;
      resting.isUsed = true;
      // While it rests, nothing: the home has them.
      (resting.content ?? resting.coming?.content)?.add(payloads);
    },
    answer: async (stateVector) => (await awake()).answer(stateVector),
    whole: () => {
      resting.isUsed = true;
      return resting.content?.whole() ?? null;
    },
    novelty: async (payload, others) => (await awake()).novelty(payload, others),
    restIfUnused: () => {
      if (!resting.isUsed) resting.content = null;
      resting.isUsed = false;
    },
    wake: () => wake(resting),
  };
};

const wake = (resting: Resting): Promise<void> | null => {
  resting.isUsed = true;
  if (resting.content !== null) return null;
  if (resting.coming === null) {
    const content = resting.options.create();
    // Not before `coming` is there, which takes what is added from now on.
    const whenRead = Promise.resolve().then(() => readInto(resting, content));
    resting.coming = { content, whenRead };
  }
  return resting.coming.whenRead;
};

const readInto = async (resting: Resting, content: RoomContent): Promise<void> => {
  try {
    content.add(await resting.options.read());
    resting.content = content;
    resting.isUsed = true;
  } finally {
    resting.coming = null;
  }
};
