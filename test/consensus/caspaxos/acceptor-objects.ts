/** An acceptor's disk as objects: its head, and registers by incarnation and key. */
import type {
  AcceptorHead,
  AcceptorProtocol,
  CopiedRegister,
  Register,
} from "@syncline/consensus/caspaxos";
import type { Keeping } from "@syncline/simulator";

/** An empty disk, or a copy of another. */
export const createAcceptorObjects = (
  before: AcceptorHead | null = null,
  registers: ReadonlyMap<string, Register> = new Map(),
  isDamagedBefore = false,
): Keeping<AcceptorProtocol> => {
  let head = before;
  let isDamaged = isDamagedBefore;
  const rows = new Map(registers);
  const place = (incarnation: string, key: string): string => `${incarnation} ${key}`;
  const check = (): void => {
    if (isDamaged) throw new Error("a row is damaged");
  };
  return {
    write: (records) => {
      for (const record of records) {
        if (record.kind === "head") head = record;
        else if (record.kind === "register") {
          rows.set(place(record.incarnation, record.key), record.register);
        } else rows.delete(place(record.incarnation, record.key));
      }
    },
    recover: () => {
      check();
      return head === null ? [] : [head];
    },
    read: (query) => {
      check();
      if (query.kind === "register") {
        const register = rows.get(place(query.incarnation, query.key));
        return register === undefined ? [] : [{ key: query.key, register }];
      }
      const after = query.afterKey === null ? null : place(query.incarnation, query.afterKey);
      const prefix = place(query.incarnation, "");
      const page: CopiedRegister[] = [];
      for (const at of [...rows.keys()].sort()) {
        if (!at.startsWith(prefix) || (after !== null && at <= after)) continue;
        // Pages of two rows, so that there are several.
        if (page.length >= 2) break;
        page.push({ key: at.slice(prefix.length), register: rows.get(at)! });
      }
      return page;
    },
    copy: () => createAcceptorObjects(head, rows, isDamaged),
    damage: () => {
      if (rows.size === 0) return false;
      isDamaged = true;
      return true;
    },
  };
};
