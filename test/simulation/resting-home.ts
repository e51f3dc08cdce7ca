/** A home that rests whenever it may and nobody speaks to it for a while, as a relay's do: the next word finds another machine, which has what the disk keeps. */
import { type Home, type HomeRecord, type Rest, restOf } from "@syncline/gossip";

/** What it needs of its node. */
export interface RestingPorts {
  /** For how long nobody must have spoken, in milliseconds of the node. */
  readonly afterMs: number;
  readonly create: () => Home;
  /** What a recovery gets now; null if the disk cannot be read. */
  readonly records: () => readonly HomeRecord[] | null;
}

/** A home as one machine, which is another one inside after each rest. It says nothing of that: nobody outside may notice. */
export const createRestingHome = ({ afterMs, create, records }: RestingPorts): Home => {
  let home = create();
  let quietSinceMs = 0;

  /** Another machine, if the one before could have been stopped when everybody fell silent. */
  const rested = (nowMs: number): ReturnType<Home["step"]> => {
    const rest: Rest | null = nowMs - quietSinceMs < afterMs ? null : restOf(home.state);
    const kept = rest === null ? null : records();
    if (rest === null || kept === null) return [];
    home = create();
    const effects = home.recover(kept, nowMs);
    const request = { kind: "resumed", rest } as const;
    return [...effects, ...home.step({ kind: "submitted", request }, nowMs)];
  };

  return {
    get state() {
      return home.state;
    },
    recover: (kept, nowMs) => {
      quietSinceMs = nowMs;
      return home.recover(kept, nowMs);
    },
    step: (input, nowMs) => {
      // An alarm is nobody's word, and one that rests has none.
      if (input.kind === "woken") return home.step(input, nowMs);
      const effects = rested(nowMs);
      quietSinceMs = nowMs;
      return [...effects, ...home.step(input, nowMs)];
    },
  };
};
