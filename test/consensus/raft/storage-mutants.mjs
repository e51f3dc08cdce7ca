// Bugs to plant in Raft: snapshots, sessions and disks.

const raft = "packages/consensus/src/raft/";

/** What each does, and the pieces of sources with what stands in their place. */
export const storageMutants = [
  {
    name: "sessions-not-in-the-snapshot",
    does: "the table of sessions is lost with a snapshot",
    changes: [
      {
        file: `${raft}sessions.ts`,
        piece: `    table.sessions.set(name, session);`,
        instead: `    session.resultByNumber.clear();
    table.sessions.set(name, session);`,
      },
    ],
  },
  {
    name: "sessions-not-looked-at",
    does: "a command that comes again is applied again",
    changes: [
      {
        file: `${raft}sessions.ts`,
        piece: `  if (known !== undefined) return { kind: "done", result: known };`,
        instead: ``,
      },
    ],
  },
  {
    name: "snapshot-over-committed",
    does: "a snapshot is installed though the log has come further",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  if (snapshot.last.index <= state.commitIndex) {`,
        instead: `  if (snapshot.last.index < 0) {`,
      },
    ],
  },
  {
    name: "snapshot-keeps-another-history",
    does: "a log that differs at the snapshot's last entry is kept behind it",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  const isKept = last.index <= lastIndex(log) && hasEntry(log, last);`,
        instead: `  const isKept = last.index <= lastIndex(log);`,
      },
      {
        file: `${raft}snapshots.ts`,
        piece: `  if (isKept) compactTo(log, last.index);`,
        instead: `  void hasEntry;
  if (isKept) compactTo(log, last.index);`,
      },
    ],
  },
  {
    name: "applied-twice-after-a-snapshot",
    does: "entries that are in a restored snapshot are applied once more",
    changes: [
      {
        file: `${raft}recovering.ts`,
        piece: `    appliedIndex: snapshot?.last.index ?? 0,`,
        instead: `    appliedIndex: Math.min(snapshot?.last.index ?? 0, head.base.index),`,
      },
    ],
  },
  {
    name: "commits-beyond-a-snapshot",
    does: "with a snapshot the entry behind it is taken for committed, too",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  state.commitIndex = last.index;
  state.appliedIndex`,
        instead: `  state.commitIndex = Math.min(last.index + 1, lastIndex(log));
  state.appliedIndex`,
      },
    ],
  },
  {
    name: "votes-with-a-hole",
    does: "a node whose disk has lost entries votes as if it had them",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  if (term !== state.term || state.hole !== null) return;`,
        instead: `  if (term !== state.term) return;`,
      },
    ],
  },
  {
    name: "acknowledges-with-a-hole",
    does: "a node whose disk has lost entries is whole as soon as a leader speaks to it",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `  if (progress.mending !== null && index >= progress.mending.targetIndex) {`,
        instead: `  if (progress.mending !== null) {`,
      },
    ],
  },
  {
    name: "hole-taken-for-a-torn-end",
    does: "a log that has lost its end is taken for one that never had it",
    changes: [
      {
        file: `${raft}recovering.ts`,
        piece: `        head.hole = record.hole;`,
        instead: `        head.hole = null;`,
      },
    ],
  },
  {
    name: "failed-flush-taken-for-done",
    does: "a flush that failed is taken for one that was done",
    changes: [
      {
        file: "packages/machine/src/runtime.ts",
        piece: `  state.ports.append(records, (error) => {`,
        instead: `  state.ports.append(records, (failure) => {
    const error = failure?.message === "a flush failed" ? null : failure;`,
      },
    ],
  },
  {
    name: "snapshot-never-sent-again",
    does: "a piece of a snapshot that is lost is not sent again",
    changes: [
      {
        file: `${raft}waking.ts`,
        piece: `  resendChunks(state, role);`,
        instead: ``,
      },
    ],
  },
];
