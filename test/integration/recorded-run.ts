/**
 * Clients that write, delete and look while relays are killed, and write all of it down as the judges' JSON lines.
 *
 * Each write puts an item into one document and then its dot into another, which only grows: so what a reader has seen and what is present can be
 * told apart, and causality is tried across documents. A deletion is a write, too: it takes the item away and then leaves its own dot.
 */
import { appendFileSync } from "node:fs";
import type { Random } from "@syncline/machine";
import {
  createRecorder,
  type DotRanges,
  rangesOfDots,
  type Recorder,
  type WriteDot,
} from "@syncline/simulator/judges";
import { connect } from "syncline";
import type * as Y from "yjs";

/** Appends each line to the file at once: what a killed recorder had written is there. */
export const recordInto = (path: string): Recorder =>
  createRecorder((line) => appendFileSync(path, `${line}\n`));

/** A client that writes and reads until it is stopped. */
export interface Session {
  /** How many writes it was told are at `quorum`. */
  readonly acknowledgedCount: number;
  /** Ends the writing, waits until all of it is on every home's disk, and gives what the client then holds. */
  finish(): Promise<Content>;
  close(): void;
}

/** What somebody holds: enough for a look's line. */
export interface Content {
  readonly seen: DotRanges;
  readonly present: DotRanges;
  /** Equal for equal content. */
  readonly digest: string;
}

const SPACE = "judged/run";
const DELETION_RATE = 0.25;

/** Starts a session on a client of its own. */
export const startSession = async (
  name: string,
  urls: string[],
  { recorder, random }: { readonly recorder: Recorder; readonly random: Random },
): Promise<Session> => {
  const client = connect(urls);
  const space = client.space(SPACE);
  const documents = await documentsOf(space);
  let acknowledgedCount = 0;
  let isRunning = true;
  const write = (number: number): void => {
    const dot = { origin: name, number };
    const deletes = random.chance(DELETION_RATE) ? drawItems(documents, random) : [];
    const deletion = deletes.length > 0 ? { deletes: rangesOfDots(deletes) } : {};
    // Written down before anybody can see it.
    recorder.observed({ kind: "write", session: name, time: performance.now(), dot, ...deletion });
    if (deletes.length === 0) documents.items.set(textOf(dot), true);
    for (const deleted of deletes) documents.items.delete(textOf(deleted));
    documents.dots.set(textOf(dot), true);
    const told = (): void => {
      acknowledgedCount += 1;
      const time = performance.now();
      recorder.observed({ kind: "acknowledgement", session: name, time, dot, level: "quorum" });
    };
    space.settled("quorum").then(told, () => {});
  };
  const run = async (): Promise<void> => {
    for (let number = 1; isRunning; number += 1) {
      write(number);
      await pause(random.integer(2, 12));
      const { seen, present } = contentOf(documents);
      const time = performance.now();
      const replica = `client ${name}`;
      recorder.observed({ kind: "read", session: name, time, replica, seen, present });
      await pause(random.integer(2, 12));
    }
  };
  const running = run();
  return {
    get acknowledgedCount() {
      return acknowledgedCount;
    },
    finish: async () => {
      isRunning = false;
      await running;
      await space.settled("all");
      return contentOf(documents);
    },
    close: () => client.close(),
  };
};

/**
 * What a client is shown that has nothing and asks this relay alone, once the relay says that it has asked a quorum; recorded as a read that
 * promises everything that was acknowledged before.
 */
export const readByQuorum = async (
  session: string,
  { id, url }: { readonly id: string; readonly url: string },
  recorder: Recorder,
): Promise<Content> => {
  for (;;) {
    const callTime = performance.now();
    const client = connect(url);
    try {
      const space = client.space(SPACE);
      const documents = await documentsOf(space);
      const isThere = await space.whenSynced({ timeoutMs: 5000 }).then(
        () => space.status.isQuorumRead,
        () => false,
      );
      if (isThere) {
        const content = contentOf(documents);
        recorder.observed({
          kind: "read",
          session,
          callTime,
          time: performance.now(),
          replica: `relay ${id}`,
          seen: content.seen,
          present: content.present,
          promises: "quorum",
        });
        return content;
      }
    } finally {
      client.close();
    }
    await pause(50);
  }
};

interface Documents {
  readonly items: Y.Map<boolean>;
  readonly dots: Y.Map<boolean>;
}

const documentsOf = async (
  space: ReturnType<ReturnType<typeof connect>["space"]>,
): Promise<Documents> => ({
  items: (await space.doc("items")).getMap<boolean>("items"),
  dots: (await space.doc("dots")).getMap<boolean>("dots"),
});

const contentOf = ({ items, dots }: Documents): Content => {
  const [seen, present] = [[...dots.keys()].sort(), [...items.keys()].sort()];
  return {
    seen: rangesOfDots(seen.map(dotOf)),
    present: rangesOfDots(present.map(dotOf)),
    digest: `${seen.join(" ")} | ${present.join(" ")}`,
  };
};

const drawItems = ({ items }: Documents, random: Random): readonly WriteDot[] => {
  const present = [...items.keys()];
  return present.length > 0 ? [dotOf(random.pick(present))] : [];
};

const textOf = ({ origin, number }: WriteDot): string => `${origin}:${number}`;

const dotOf = (text: string): WriteDot => {
  const [origin = "", number = ""] = text.split(":");
  return { origin, number: Number(number) };
};

/** Resolves after so many milliseconds. */
export const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));
