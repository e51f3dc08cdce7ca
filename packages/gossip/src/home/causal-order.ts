/** Entries of several logs in an order in which each comes after what it rests on. */
import type { Incarnation } from "@syncline/clocks";
import type { Entry } from "../batch.ts";

/**
 * The same entries, so that whoever applies them one by one never meets one before its causes.
 *
 * Whatever is not among them counts as applied before. It matters beyond taste: Yjs puts an update aside whose causes are missing and merges what it
 * put aside again with each further one, which takes time with the square of their number; log after log, some thousand edits that three people
 * typed at once took ten seconds. Cost: entries × logs.
 */
export const causalOrder = (entries: readonly Entry[]): Entry[] => {
  const logs = new Map<Incarnation, Entry[]>();
  for (const entry of entries) {
    const log = logs.get(entry.incarnation);
    if (log === undefined) logs.set(entry.incarnation, [entry]);
    else log.push(entry);
  }
  const lines = [...logs.values()].map((log) => ({
    entries: log.sort((left, right) => left.number - right.number),
    index: 0,
  }));
  /** For each log the number of its first entry that is not in order yet. */
  const pending = new Map(
    lines.map((line) => [line.entries[0]?.incarnation ?? "", line.entries[0]?.number ?? 0]),
  );

  const isReady = (entry: Entry): boolean => {
    for (const [incarnation, number] of entry.after) {
      const first = pending.get(incarnation);
      if (incarnation !== entry.incarnation && first !== undefined && first <= number) return false;
    }
    return true;
  };

  const ordered: Entry[] = [];
  while (ordered.length < entries.length) {
    const before = ordered.length;
    for (const line of lines) {
      for (
        let entry = line.entries[line.index];
        entry !== undefined;
        entry = line.entries[line.index]
      ) {
        if (!isReady(entry)) break;
        ordered.push(entry);
        line.index += 1;
        const next = line.entries[line.index];
        if (next === undefined) pending.delete(entry.incarnation);
        else pending.set(entry.incarnation, next.number);
      }
    }
    // Logs are causally closed, so there is always one that is ready; were there none, order would matter less than losing any.
    if (ordered.length === before) {
      for (const line of lines) ordered.push(...line.entries.slice(line.index));
      break;
    }
  }
  return ordered;
};
