/** Finds out of one look at the cluster after another what has happened to its relays: who went down, came back, and caught up. */
import type { Relay } from "../cluster/relays.ts";

type Vector = ReadonlyMap<string, number>;

/** A relay that came back and does not have everything yet that was anywhere then. */
interface Recovery {
  readonly target: Vector;
  readonly missingCount: number;
  looksLeft: number;
}

/** So many looks after which nothing more is said of a relay at which nobody opens the space. */
const looksMax = 30;

/** Takes each look, and returns sentences about what is new in it. The first one has no news. */
export const createRecoveryWatch = (): ((relays: readonly Relay[]) => readonly string[]) => {
  const isUpById = new Map<string, boolean>();
  /** What a relay had when it was last heard: while it is down, that is what its disk has. */
  const vectorById = new Map<string, Vector>();
  const recoveryById = new Map<string, Recovery>();

  const lookAt = (relay: Relay, relays: readonly Relay[]): readonly string[] => {
    const { id, isUp } = relay;
    const wasUp = isUpById.get(id) ?? isUp;
    isUpById.set(id, isUp);
    const sentences: string[] = [];
    if (wasUp && !isUp) {
      recoveryById.delete(id);
      sentences.push(`Relay ${id} is down. ${remaining(relays)}`);
    }
    if (!wasUp && isUp) {
      // Also what relays had that are down now, or have not opened the space again: it will come from there.
      const target = mergeOf([...relays.map(vectorOf), ...vectorById.values()]);
      const missingCount = countBeyond(target, vectorById.get(id) ?? new Map());
      recoveryById.set(id, { target, missingCount, looksLeft: looksMax });
      sentences.push(`Relay ${id} is up again.`);
    }
    const vector = vectorOf(relay);
    const recovery = recoveryById.get(id);
    if (recovery !== undefined) {
      recovery.looksLeft -= 1;
      if (countBeyond(recovery.target, vector) === 0) {
        recoveryById.delete(id);
        sentences.push(caughtUp(id, recovery.missingCount));
      } else if (recovery.looksLeft === 0) {
        recoveryById.delete(id);
      }
    }
    if (vector.size > 0) vectorById.set(id, vector);
    return sentences;
  };
  return (relays) => relays.flatMap((relay) => lookAt(relay, relays));
};

/** How far a relay says it is; nothing if it does not answer or nobody has opened the space there. */
export const vectorOf = ({ status }: Relay): Vector =>
  new Map((status?.space?.logs ?? []).map(({ incarnation, number }) => [incarnation, number]));

/** The furthest that any of them is, log by log. */
export const mergeOf = (vectors: readonly Vector[]): Vector => {
  const merged = new Map<string, number>();
  for (const [incarnation, number] of vectors.flatMap((vector) => [...vector])) {
    merged.set(incarnation, Math.max(number, merged.get(incarnation) ?? 0));
  }
  return merged;
};

const countBeyond = (target: Vector, vector: Vector): number =>
  [...target].reduce(
    (sum, [incarnation, number]) => sum + Math.max(0, number - (vector.get(incarnation) ?? 0)),
    0,
  );

const remaining = (relays: readonly Relay[]): string => {
  const upCount = relays.filter(({ isUp }) => isUp).length;
  if (upCount === 0) return "None is left: edits wait in the page.";
  return upCount > relays.length / 2
    ? `${upCount} of ${relays.length} are left: enough to save.`
    : `${upCount} of ${relays.length} ${upCount === 1 ? "is" : "are"} left: edits are taken, but not called saved.`;
};

const caughtUp = (id: string, missingCount: number): string => {
  if (missingCount === 0) return `Relay ${id} had missed nothing.`;
  return `Relay ${id} caught up: ${missingCount === 1 ? "1 batch" : `${missingCount} batches`}.`;
};
