/** A home's disk without bytes: the same content as the rows, kept as the records themselves. For the runs that leave the codecs out, and are faster for it. */
import type { HomeRecord, HomeRow } from "@syncline/gossip";
import type { HomeRows } from "./rows.ts";

type EntryRow = Extract<HomeRow, { kind: "entry" | "stub" }>;
type StateRow = Extract<HomeRow, { kind: "state" }>;
type HeadRecord = Extract<HomeRecord, { kind: "head" | "unsettled" | "document" | "edge" }>;

interface Content {
  readonly heads: Map<string, HeadRecord>;
  /** The keys of edges' heads, by edge: to put one together for each record would cost as much as all the rest of writing it. */
  readonly edgeKeys: Map<string, string>;
  /** By log, at their numbers. */
  readonly logs: Map<string, (EntryRow | undefined)[]>;
  /** By document, by part. */
  readonly states: Map<string, Map<number, StateRow>>;
  /** A head, a row or a state that cannot be read. */
  damaged: object | null;
}

/** Nothing, or a copy of something. */
export const createHomeObjects = (
  content: Content = {
    heads: new Map(),
    edgeKeys: new Map(),
    logs: new Map(),
    states: new Map(),
    damaged: null,
  },
): HomeRows => ({
  write: (records) => {
    for (const record of records) write(content, record);
  },
  recover: () => {
    const { heads } = content;
    const order = ["head", "unsettled", "document", "edge"];
    const found = [...heads].sort(([left, one], [right, other]) => {
      const byKind = order.indexOf(one.kind) - order.indexOf(other.kind);
      return byKind === 0 ? (left < right ? -1 : 1) : byKind;
    });
    return found.map(([, record]) => sound(content, record));
  },
  read: (query) => {
    if (query.kind === "states") {
      return partsOf(content, query.document).map((row) => sound(content, row));
    }
    const log = content.logs.get(query.incarnation) ?? [];
    const page: HomeRow[] = [];
    let bytes = 0;
    const endNumber = Math.min(query.toNumber, log.length);
    for (let number = query.fromNumber; number < endNumber; number += 1) {
      const row = log[number];
      if (row === undefined) continue;
      bytes += row.kind === "entry" ? row.entry.batch.payload.length + 20 : 4;
      if (page.length > 0 && bytes > query.bytesMax) break;
      page.push(sound(content, row));
    }
    return page;
  },
  contents: () => [
    ...[...content.logs.values()].flatMap((log) => log.filter((row) => row !== undefined)),
    ...[...content.states.keys()].flatMap((document) => partsOf(content, document)),
  ],
  copy: () =>
    createHomeObjects({
      heads: new Map(content.heads),
      edgeKeys: new Map(content.edgeKeys),
      logs: new Map([...content.logs].map(([log, rows]) => [log, [...rows]])),
      states: new Map([...content.states].map(([name, parts]) => [name, new Map(parts)])),
      damaged: content.damaged,
    }),
  damage: (fraction) => {
    const all = [
      ...content.heads.values(),
      ...[...content.logs.values()].flatMap((log) => log.filter((row) => row !== undefined)),
      ...[...content.states.values()].flatMap((parts) => [...parts.values()]),
    ];
    content.damaged = all[Math.floor(fraction * all.length)] ?? null;
    return content.damaged !== null;
  },
});

const sound = <Kept extends object>(content: Content, kept: Kept): Kept => {
  if (content.damaged === kept) throw new Error("a row is damaged");
  return kept;
};

const partsOf = (content: Content, document: string): readonly StateRow[] =>
  [...(content.states.get(document)?.values() ?? [])].sort((left, right) => left.part - right.part);

const write = (content: Content, record: HomeRecord): void => {
  const { heads, logs, states } = content;
  switch (record.kind) {
    case "head":
      heads.set("head", record);
      return;
    case "unsettled":
      if (record.isUnsettled) heads.set("unsettled", record);
      else heads.delete("unsettled");
      return;
    case "document":
      heads.set(`d${record.head.document}`, record);
      return;
    case "edge":
      heads.set(edgeKeyOf(content, record.edge.edge), record);
      return;
    case "no-edge":
      heads.delete(edgeKeyOf(content, record.edge));
      return;
    case "entry":
      logOf(logs, record.entry.incarnation)[record.entry.number] = record;
      return;
    case "stub":
      logOf(logs, record.incarnation)[record.number] = record;
      return;
    case "no-entry":
      logOf(logs, record.incarnation)[record.number] = undefined;
      return;
    case "state": {
      const parts = states.get(record.state.document) ?? new Map<number, StateRow>();
      states.set(record.state.document, parts.set(record.part, record));
      return;
    }
    case "no-state":
      states.get(record.document)?.delete(record.part);
  }
};

const edgeKeyOf = ({ edgeKeys }: Content, edge: string): string => {
  const known = edgeKeys.get(edge);
  if (known !== undefined) return known;
  const key = `x${edge}`;
  edgeKeys.set(edge, key);
  return key;
};

const logOf = <Row>(logs: Map<string, Row[]>, incarnation: string): Row[] => {
  const known = logs.get(incarnation);
  if (known !== undefined) return known;
  const log: Row[] = [];
  logs.set(incarnation, log);
  return log;
};
