// Bugs to plant: each replaces exact pieces of a source while the simulation is bundled, and the simulation must find it. A piece that is
// not there exactly once is an error, so that a mutant cannot become harmless without a sign.

import { edgeMutants } from "./edge-mutants.mjs";
import { foldingMutants } from "./folding-mutants.mjs";
import { restingMutants } from "./resting-mutants.mjs";

const gossip = "packages/gossip/src/";

/** Each bug: what it is called, what it does, and the pieces of sources with what stands in their place. */
export const mutants = [
  {
    name: "acknowledge-before-flush",
    does: "a home passes batches on and acknowledges them while they are on their way to its disk",
    changes: [
      {
        file: `${gossip}home/storing.ts`,
        piece: `    then: [{ kind: "submit", request: { kind: "persisted", entries, vector } }],
  });`,
        instead: `    then: [],
  });
  home.effects.push({ kind: "submit", request: { kind: "persisted", entries, vector } });`,
      },
    ],
  },
  {
    name: "admitted-before-flush",
    does: "a home tells an edge that its batches are known before they are on its disk",
    changes: [
      {
        file: `${gossip}home/acknowledging.ts`,
        piece: `  home.effects.push({
    kind: "persist",
    records: [],
    then: [{ kind: "send", to: session.peer, message: { kind: "admitted", number, dot } }],
  });`,
        instead: `  home.effects.push({ kind: "send", to: session.peer, message: { kind: "admitted", number, dot } });`,
      },
    ],
  },
  {
    name: "welcome-before-flush",
    does: "a welcome names a batch of the edge that is not on the home's disk yet",
    changes: [
      {
        file: `${gossip}home/reading.ts`,
        piece: `admitted: known !== undefined && isOnDisk ? {`,
        instead: `admitted: known !== undefined ? {`,
      },
    ],
  },
  {
    name: "reply-before-question",
    does: "a home takes an entry in before what it rests on",
    changes: [
      {
        file: `${gossip}home/waiting.ts`,
        piece: `if (entry.number !== known + 1 || !covers(home.accepted, entry.after)) break;`,
        instead: `if (entry.number !== known + 1) break;`,
      },
    ],
  },
  {
    name: "vector-over-a-gap",
    does: "a home takes an entry in whose predecessor in the log it lacks",
    changes: [
      {
        file: `${gossip}home/waiting.ts`,
        piece: `if (entry.number !== known + 1 || !covers(home.accepted, entry.after)) break;`,
        instead: `if (!covers(home.accepted, entry.after)) break;`,
      },
      {
        file: `${gossip}home/replication.ts`,
        piece: `if (entry.number > next || !hasRoom) {`,
        instead: `if (!hasRoom) {`,
      },
    ],
  },
  {
    name: "reused-incarnation",
    does: "a home whose directory was rolled back goes on in its old log",
    changes: [
      {
        file: `${gossip}home/own-log.ts`,
        piece: `if (number <= numberOf(home.accepted, ownLog(home))) return false;`,
        instead: `if (number >= 0) return false;`,
      },
    ],
  },
  {
    name: "stream-without-its-beginning",
    does: "of batches that became durable together, only the last persist's are passed on",
    changes: [
      {
        file: `${gossip}home/streaming.ts`,
        piece: `home.unstreamed.entries.push(...entries);`,
        instead: `home.unstreamed.entries.splice(0, Number.POSITIVE_INFINITY, ...entries);`,
      },
    ],
  },
  {
    name: "memory-counted-as-disk",
    does: "a home tells others of what it has taken in and not flushed, and they count it as a copy",
    changes: [
      {
        file: `${gossip}home/streaming.ts`,
        piece: `const changes = growthOf(home.durable, peer.told);`,
        instead: `const changes = growthOf(home.accepted, peer.told);`,
      },
    ],
  },
  {
    name: "wiped-disk-still-counted",
    does: "what a home said of its disk before it was wiped counts on",
    changes: [
      {
        file: `${gossip}home/replication.ts`,
        piece: `peer.vector = new Map(hello.vector);`,
        instead: `mergeInto(peer.vector, hello.vector);`,
      },
    ],
  },
  {
    name: "duplicate-admission",
    does: "a home admits a batch again that an edge sends again",
    changes: [
      {
        file: `${gossip}home/accepting.ts`,
        piece: `if (number <= (home.edges.get(session.edge)?.number ?? 0)) return;`,
        instead: ``,
      },
    ],
  },
  {
    name: "numbers-lost-in-a-restart",
    does: "a home that restarts has forgotten which numbers of edges it knows",
    changes: [
      {
        file: `${gossip}home.ts`,
        piece: `home.edges.set(record.edge.edge, record.edge);`,
        instead: ``,
      },
    ],
  },
  {
    name: "tail-dropped-at-the-slow-reader-mark",
    does: "an edge that falls behind goes on from where the home is, not from where the edge is",
    changes: [
      {
        file: `${gossip}home/streaming.ts`,
        piece: `leaveLive(session, before);`,
        instead: `leaveLive(session, home.durable);`,
      },
    ],
  },
  {
    name: "slow-reader-is-sent-on",
    does: "an edge that does not keep up is sent everything all the same",
    changes: [
      {
        file: `${gossip}home/streaming.ts`,
        piece: `if (!isStream || session.isCongested) {`,
        instead: `if (!isStream) {`,
      },
    ],
  },
  {
    name: "compaction-loses-its-tail",
    does: "the last entry of a document is not in its merged state",
    changes: [
      {
        file: `${gossip}home/compacting.ts`,
        piece: `...entries.map((entry) => entry.batch.payload),`,
        instead: `...entries.slice(0, -1).map((entry) => entry.batch.payload),`,
      },
    ],
  },
  {
    name: "compaction-leaves-no-stub",
    does: "nothing leads a catch-up from a log to the state that its entries were merged into",
    changes: [
      {
        file: `${gossip}home/compacting.ts`,
        piece: `const isLast = numberOf(last, incarnation) === number;`,
        instead: `const isLast = numberOf(last, incarnation) < number;`,
      },
    ],
  },
  {
    name: "compaction-under-a-catch-up",
    does: "a merged state is written while a catch-up reads",
    changes: [
      {
        file: `${gossip}home/compacting.ts`,
        piece: `if (home.catchUps.size > 0 || parts === null) return;`,
        instead: `if (parts === null) return;`,
      },
    ],
  },
  {
    name: "catch-up-beyond-its-snapshot",
    does: "a catch-up sends states that came in while it was reading",
    changes: [
      {
        file: `${gossip}home/catching-up.ts`,
        piece: `if (!covers(catchUp.target, row.state.last)) continue;`,
        instead: ``,
      },
    ],
  },
  {
    name: "memory-believed-to-reach-back",
    does: "a home that restarts believes that its memory holds what is only on its disk",
    changes: [
      {
        file: `${gossip}home.ts`,
        piece: `mergeInto(home.recentFloor, record.vector);`,
        instead: ``,
      },
    ],
  },
  {
    name: "states-taken-for-a-stream",
    does: "readers are brought forward by single entries although merged states came in",
    changes: [
      {
        file: `${gossip}home/streaming.ts`,
        piece: `const isStream = countBeyond(home.durable, before) === entries.length;`,
        instead: `const isStream = countBeyond(home.durable, before) >= 0;`,
      },
    ],
  },
  {
    name: "first-reading-asks-nobody",
    does: "an edge that comes without a vector is shown what this home happens to have",
    changes: [
      {
        file: `${gossip}home/reading.ts`,
        piece: `const isFirstReading = join.vector.size === 0 && home.config.readQuorum > 1;`,
        instead: `const isFirstReading = join.vector.size < 0;`,
      },
    ],
  },
  {
    name: "answers-counted-before-they-are-here",
    does: "a first reading counts a home as heard whose batches have not been fetched",
    changes: [
      {
        file: `${gossip}home/reading.ts`,
        piece: `  peer.answeredRound >= home.round.number &&
  covers(home.durable, peer.answeredVector);`,
        instead: `  peer.answeredRound >= home.round.number;`,
      },
    ],
  },
  {
    name: "more-homes-told-before-they-are-shown",
    does: "an edge says that enough homes were heard while what they had is still on its way to it",
    changes: [
      {
        file: `${gossip}edge.ts`,
        piece: `if (heard !== null && covers(edge.vector, heard.vector)) {`,
        instead: `if (heard !== null) {`,
      },
    ],
  },
  {
    name: "more-homes-never-told",
    does: "an edge that was welcomed with too few homes heard is not told when enough are",
    changes: [
      {
        file: `${gossip}home/reading.ts`,
        piece: `  if (isMoreWanted) tellHeard(home);`,
        instead: ``,
      },
    ],
  },
  {
    name: "admits-before-it-has-asked",
    does: "a home that has just started admits batches before others could say that its directory is an old copy",
    changes: [
      {
        file: `${gossip}home/reading.ts`,
        piece: `round.isExhausted = !isOutstanding || home.nowMs >= round.deadlineMs;`,
        instead: `round.isExhausted = isOutstanding || home.nowMs >= 0;`,
      },
    ],
  },
  ...edgeMutants,
  ...restingMutants,
  ...foldingMutants,
  {
    name: "then-beside-its-persist",
    does: "the runtime carries out a then at once, not when its records are on disk",
    changes: [
      {
        file: "packages/machine/src/runtime.ts",
        piece: `    state.thens.push(then);
    work(state);
  });`,
        instead: `    work(state);
  });
  state.thens.push(then);`,
      },
    ],
  },
  {
    name: "failed-flush-ignored",
    does: "the runtime takes a failed append for one that succeeded",
    changes: [
      {
        file: "packages/machine/src/runtime.ts",
        piece: `if (error !== null) return fail(state, error);
    state.answerCount += 1;`,
        instead: `state.answerCount += 1;`,
      },
    ],
  },
  {
    name: "group-answered-before-it-is-written",
    does: "the group commit answers appends that wait behind a write when that write ends",
    changes: [
      {
        file: "packages/machine/src/group-commit.ts",
        piece: `    settle(state, group, error);
    // The next`,
        instead: `    settle(state, group.concat(state.waiting.splice(0)), error);
    // The next`,
      },
    ],
  },
  {
    name: "keys-that-do-not-sort",
    does: "numbers of entries stand in keys with the lowest byte first",
    changes: [
      {
        file: `${gossip}records.ts`,
        piece: `for (const shift of [24, 16, 8, 0]) writeByte(`,
        instead: `for (const shift of [0, 8, 16, 24]) writeByte(`,
      },
    ],
  },
  {
    name: "stored-entry-without-its-past",
    does: "an entry's vector of what it rests on is not kept on disk",
    changes: [
      {
        file: `${gossip}records.ts`,
        piece: `writeVector(encoder, entry.after);`,
        instead: `writeVector(encoder, new Map());`,
      },
    ],
  },
  {
    name: "damage-not-noticed",
    does: "a value with a turned bit is given out as it is",
    changes: [
      {
        file: "packages/storage/src/seal.ts",
        piece: `return checksumAt(sealed, 4) === crc32(value, crc32(key)) ? new Uint8Array(value) : null;`,
        instead: `return checksumAt(sealed, 4) === crc32(key) ? null : new Uint8Array(value);`,
      },
    ],
  },
];

/** Plants a bug while modules are loaded. */
export const plant = ({ name, changes }) => {
  const left = new Set(changes);
  return {
    name: `mutant ${name}`,
    enforce: "pre",
    transform(code, id) {
      let changed = code;
      for (const change of changes) {
        if (!id.endsWith(`/${change.file}`)) continue;
        const count = changed.split(change.piece).length - 1;
        if (count !== 1) throw new Error(`${name}: the piece is ${count} times in ${change.file}`);
        changed = changed.replace(change.piece, () => change.instead);
        left.delete(change);
      }
      return changed === code ? null : { code: changed, map: null };
    },
    buildEnd(error) {
      if (error === undefined && left.size > 0) {
        throw new Error(`${name}: its source was not loaded`);
      }
    },
  };
};
