/** Takes clients' changes out of their inboxes, each client's in order; what a step 2 repeats is not stored again. */
import { createHash } from "node:crypto";
import { type StockSession, tookChange } from "./stock-session.ts";

/** What the taker needs of its room. */
export interface ChangeTakerOptions {
  /** Clients have been told what the room has. */
  isReady(): boolean;
  /** The room has the document, so that changes can be compared with it. */
  isSynced(): boolean;
  /** What of a payload the room does not have, or null if nothing. */
  novelty(payload: Uint8Array): Promise<Uint8Array | null>;
  submit(author: StockSession, payload: Uint8Array): void;
  /** Nothing waits any more. */
  idle(): void;
}

/** Takes changes. */
export interface ChangeTaker {
  /** Takes what can be taken of this client's inbox now, and the rest when it can be. */
  take(session: StockSession): void;
  /** Whether some client's changes wait for a comparison. */
  readonly isBusy: boolean;
}

/** Step 2s that are known to say nothing new: clients that reconnect in step all send the same one. */
const KNOWN_MAX = 64;

/** A taker of changes. */
export const createChangeTaker = (options: ChangeTakerOptions): ChangeTaker => {
  const comparing = new Set<StockSession>();
  // A room never loses anything, so what was once contained stays so.
  const known = new Set<string>();

  const take = (session: StockSession): void => {
    if (comparing.has(session)) return;
    for (let change = session.inbox[0]; change !== undefined; change = session.inbox[0]) {
      const { payload, isStep2 } = change;
      if (isStep2 && !options.isReady()) return;
      if (isStep2 && options.isSynced()) return compare(session, payload);
      tookChange(session);
      options.submit(session, payload);
    }
  };

  /** An update may rest on the step 2 before it, so the client's later changes wait for the answer. */
  const compare = (session: StockSession, payload: Uint8Array): void => {
    const digest = createHash("sha256").update(payload).digest("base64");
    if (known.has(digest)) {
      tookChange(session);
      return take(session);
    }
    comparing.add(session);
    options.novelty(payload).then(
      (novelty) => {
        if (novelty === null) remember(digest);
        whenCompared(session, novelty);
      },
      // Stored once too often is better than not at all.
      () => whenCompared(session, payload),
    );
  };

  const remember = (digest: string): void => {
    known.add(digest);
    for (const oldest of known) {
      if (known.size <= KNOWN_MAX) return;
      known.delete(oldest);
    }
  };

  const whenCompared = (session: StockSession, novelty: Uint8Array | null): void => {
    comparing.delete(session);
    tookChange(session);
    if (novelty !== null) options.submit(session, novelty);
    take(session);
    if (comparing.size === 0) options.idle();
  };

  return {
    take,
    get isBusy() {
      return comparing.size > 0;
    },
  };
};
