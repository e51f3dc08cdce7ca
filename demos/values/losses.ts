/** Which writes a last-writer-wins register has lost: those that lost to a write whose author had not seen them. The register itself does not know. */
import type { Write, Writes } from "@syncline/crdt";
import type { Happening } from "./world.ts";

/** A write that nobody will see again. */
export interface Loss {
  readonly author: string;
  readonly value: unknown;
}

/** An observer of what happens in a world of registers. */
export interface Losses {
  readonly hear: (happening: Happening) => void;
  readonly all: () => readonly Loss[];
}

/** Nothing is lost yet. */
export const createLosses = (): Losses => {
  /** For each write the one that its author saw at the time. */
  const parents = new Map<string, string | null>();
  const authors = new Map<string, string>();
  const lost = new Map<string, Loss>();

  const hasSeen = (write: Write, other: Write): boolean => {
    for (let name: string | null = nameOf(write); name !== null; name = parents.get(name) ?? null) {
      if (name === nameOf(other)) return true;
    }
    return false;
  };
  const lose = (write: Write): void => {
    const author = authors.get(nameOf(write)) ?? "";
    lost.set(nameOf(write), { author, value: write.value });
  };

  return {
    hear: (happening) => {
      const theirs = writeIn(happening.delta);
      const mine = writeIn(happening.kind === "changed" ? happening.at.state : happening.to.state);
      if (theirs === undefined) return;
      if (happening.kind === "changed") {
        parents.set(nameOf(theirs), mine === undefined ? null : nameOf(mine));
        authors.set(nameOf(theirs), happening.at.name);
        return;
      }
      if (mine === undefined || hasSeen(mine, theirs) || hasSeen(theirs, mine)) return;
      lose(isLater(theirs, mine) ? mine : theirs);
    },
    all: () => [...lost.values()],
  };
};

const writeIn = (state: unknown): Write | undefined => (state as Writes).get("");

const nameOf = ({ time, replica }: Write): string => `${time.timeMs},${time.counter},${replica}`;

const isLater = (left: Write, right: Write): boolean => {
  const [{ timeMs, counter }, other] = [left.time, right.time];
  if (timeMs !== other.timeMs) return timeMs > other.timeMs;
  return counter === other.counter ? left.replica > right.replica : counter > other.counter;
};
