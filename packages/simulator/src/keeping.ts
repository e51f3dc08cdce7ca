/** What a disk holds for one machine: how records become its content, what a recovery is given, how queries are answered. */
import type { Protocol } from "@syncline/machine";

/** The content of a disk. It knows nothing of time and power: the disk decides which records come to it. */
export interface Keeping<P extends Protocol> {
  /** Applies the records of one persist. */
  write(records: readonly P["record"][]): void;
  /** What `recover` gets: the head, as the machine's package defines it. Throws at damage. */
  recover(): readonly P["record"][];
  /** The answer to a query. Throws at damage. */
  read(query: P["query"]): readonly P["row"][];
  /** A copy, which later writes do not touch. */
  copy(): Keeping<P>;
  /** Turns a bit somewhere; `fraction`, from 0 (in) to 1 (out), says where. Returns whether there was anything to damage. From then on a read that meets it throws. */
  damage(fraction: number): boolean;
}

/** A journal that `recover` gets whole, and that answers no queries: enough for a machine with little state. */
export const keepRecords = <P extends Protocol>(
  records: readonly P["record"][] = [],
  damagedIndex: number | null = null,
): Keeping<P> => {
  const journal = [...records];
  let damaged = damagedIndex;
  return {
    write: (written) => void journal.push(...written),
    recover: () => {
      if (damaged !== null) throw new Error(`record ${damaged} is damaged`);
      return [...journal];
    },
    read: () => [],
    copy: () => keepRecords(journal, damaged),
    damage: (fraction) => {
      if (journal.length === 0) return false;
      damaged = Math.floor(fraction * journal.length);
      return true;
    },
  };
};
