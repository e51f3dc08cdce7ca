// Bugs about acceptors that lose their disks: who takes part under which name, who obeys which epoch, and what is copied.
import { bug, source } from "../planting.mjs";

const acceptor = source("caspaxos/acceptor.ts");
const fencing = source("caspaxos/fencing.ts");
const replacing = source("caspaxos/replacing.ts");

/** See mutants.mjs. */
export const mutants = [
  bug(
    "identity-reused",
    "an acceptor that has lost its disk takes part at once, under its old name, until it has copied the others",
    acceptor(
      `  const isFirst = acceptorOf(firstConfig, name)?.incarnation === incarnation;`,
      `  const isFirst = acceptorOf(firstConfig, name) !== null;`,
    ),
    replacing(
      `  if (head !== null) {
    if (!isSameConfig`,
      `  if (head !== null && head.config.epoch > 1) {
    if (!isSameConfig`,
    ),
    replacing(
      `  assert(state.head === null, "an acceptor takes its place twice");`,
      `  if (state.head !== null && state.head.config.epoch > 1) return [];`,
    ),
  ),
  bug(
    "restored-disk-believed",
    "an acceptor goes on with an old copy of its disk",
    acceptor(
      `if (record.kind !== "head" || record.incarnation !== incarnation) continue;`,
      `if (record.kind !== "head") continue;`,
    ),
    acceptor(`    state.head = record;`, `    state.head = { ...record, incarnation };`),
  ),
  bug(
    "old-epoch-obeyed",
    "an acceptor serves proposers of an earlier configuration",
    acceptor(
      `  if (message.epoch !== head.config.epoch) {
    return`,
      `  if (message.epoch > head.config.epoch) {
    return`,
    ),
    acceptor(
      `  if (head === null || message.epoch !== head.config.epoch) return [];`,
      `  if (head === null) return [];`,
    ),
  ),
  bug(
    "epoch-not-looked-at-again",
    "a request that waited for its register is answered whatever was obeyed meanwhile",
    acceptor(
      `  if (head === null || message.epoch !== head.config.epoch) return [];`,
      `  if (head === null) return [];`,
    ),
  ),
  bug(
    "fence-not-kept",
    "an acceptor that restarts obeys the earlier configuration again",
    fencing(
      `  return [{ kind: "persist", records: [state.head], then }];`,
      `  return [{ kind: "persist", records: [], then }];`,
    ),
  ),
  bug(
    "copied-before-the-fence",
    "acceptors hand over what they have before they obey the next configuration",
    fencing(
      `  if (state.head?.config.epoch !== epoch) return [];`,
      `  if (state.head === null || epoch < 1) return [];`,
    ),
    fencing(`  if (head?.config.epoch !== epoch) return [];`, `  if (head === null) return [];`),
    replacing(`replacement.fenced.size < others.length ||`, `replacement.fenced.size < 1 ||`),
  ),
  bug(
    "copied-for-a-later-epoch",
    "a page that was read before a later epoch was obeyed is handed over for that epoch",
    fencing(
      `  if (head?.config.epoch !== epoch) return [];
  const { floor } = head;`,
      `  if (head === null || epoch < 1) return [];
  const { floor } = head;`,
    ),
    fencing(
      `{ kind: "copied", epoch, afterKey, rows, isLast, floor }`,
      `{ kind: "copied", epoch: head.config.epoch, afterKey, rows, isLast, floor }`,
    ),
  ),
  bug(
    "fenced-before-flush",
    "an acceptor says that it obeys the next configuration before that is on its disk",
    fencing(
      `  return [{ kind: "persist", records: [state.head], then }];`,
      `  return [{ kind: "persist", records: [state.head], then: [] }, ...then];`,
    ),
  ),
  bug(
    "member-before-its-rows",
    "a new acceptor writes that it is a member when it begins to copy",
    replacing(
      `  return others.map((peer) => {
    const source`,
      `  const early: AcceptorHead = { kind: "head", incarnation: state.self.incarnation, config: replacement.config, floor: 0 };
  const written: AcceptorEffect = { kind: "persist", records: [early], then: [] };
  return [written].concat(others.map((peer): AcceptorEffect => {
    const source`,
    ),
    replacing(
      `    return askPage(replacement.config, peer, source);
  });`,
      `    return askPage(replacement.config, peer, source);
  }));`,
    ),
  ),
  bug(
    "taken-before-flush",
    "a new acceptor that is asked again says that it has taken its place before that is on its disk",
    replacing(
      `    return afterDisk([{ kind: "deliver", output: { kind: "replaced", config } }]);`,
      `    return [{ kind: "deliver", output: { kind: "replaced", config } }];`,
    ),
  ),
  bug(
    "copied-from-one",
    "a new acceptor takes part once it has copied one of the others",
    replacing(
      `if (sources.some(({ isDone }) => !isDone)) return [];`,
      `if (!sources.some(({ isDone }) => isDone)) return [];`,
    ),
  ),
  bug(
    "first-page-only",
    "a new acceptor copies the first page of each of the others",
    replacing(
      `  source.isDone = source.isLastPage;`,
      `  source.isDone = source.isLastPage || source.afterKey !== null;`,
    ),
  ),
  bug(
    "last-copy-wins",
    "of two copies of a register the one that came last is kept, not the later one",
    replacing(
      `    accepted: isNewer ? row.accepted : own.accepted,`,
      `    accepted: isNewer || row.accepted !== null ? row.accepted : own.accepted,`,
    ),
    source("caspaxos/acceptor-state.ts")(
      `  assert(
    compareBallots(before?.accepted?.ballot ?? noBallot, accepted) <= 0,
    "what was accepted gives way to a smaller ballot",
  );`,
    ),
  ),
  bug(
    "floor-not-copied",
    "a new acceptor does not know up to which round registers were erased",
    replacing(
      `    floor: Math.max(...sources.map(({ floor }) => floor)),`,
      `    floor: Math.min(0, ...sources.map(({ floor }) => floor)),`,
    ),
  ),
];
