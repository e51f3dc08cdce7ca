// Bugs to plant in the log for consensus: each is one that a store somewhere has had, and the stories on the simulated disk must find it.

const log = "packages/storage/src/raft-log/";

/** Each bug: what it is called, what it does, and the pieces of sources with what stands in their place. */
export const mutants = [
  {
    name: "acknowledged-before-its-flush",
    does: "a batch is acknowledged when the system has it, not the disk",
    changes: [
      {
        file: `${log}segment-file.ts`,
        piece: `(writesThrough ? (constants.O_DSYNC ?? 0) : 0)`,
        instead: `0`,
      },
    ],
  },
  {
    name: "write-error-ignored",
    does: "a batch whose write failed is acknowledged",
    changes: [
      {
        file: `${log}segment-file.ts`,
        piece: `      if (error !== null) return done(error);
      usedBytes += byteCount;`,
        instead: `      usedBytes += byteCount;`,
      },
    ],
  },
  {
    name: "write-error-retried",
    does: "a failed write is tried once more, as if nothing had been lost",
    changes: [
      {
        file: `${log}log-writer.ts`,
        piece: `  else writeBatch(log, records, answer);`,
        instead: `  else writeBatch(log, records, (error) => (error === null ? answer(null) : writeBatch(log, records, answer)));`,
      },
    ],
  },
  {
    name: "snapshot-flush-error-ignored",
    does: "a snapshot's flush that failed counts as one that did not",
    changes: [
      {
        file: `${log}snapshot-files.ts`,
        piece: `    await handle.sync();`,
        instead: `    await handle.sync().catch(() => {});`,
      },
    ],
  },
  {
    name: "torn-tail-kept",
    does: "a batch that was torn by a power cut is read as if it were whole",
    changes: [
      {
        file: `${log}batch.ts`,
        piece: `  if (checksum !== checksumOf(file, at, end)) return null;`,
        instead: ``,
      },
      {
        file: `${log}batch.ts`,
        piece: `  if (end > bytes.length || bytes.readUInt32LE(at + 8) !== recordChecksum(bytes, at, end)) {`,
        instead: `  if (end > bytes.length) {`,
      },
    ],
  },
  {
    name: "read-unchecked",
    does: "an entry that has rotted on the disk is read without a look at its checksum",
    changes: [
      {
        file: `${log}batch.ts`,
        piece: `  if (end > bytes.length || bytes.readUInt32LE(at + 8) !== recordChecksum(bytes, at, end)) {`,
        instead: `  if (end > bytes.length) {`,
      },
    ],
  },
  {
    name: "sequence-unchecked",
    does: "a batch counts as following another whatever lies between, so a lost one is not missed",
    changes: [
      {
        file: `${log}recovery.ts`,
        piece: `  return before?.sequence === previousSequence && before.checksum === previousChecksum;`,
        instead: `  void previousSequence;
  return before !== undefined && previousChecksum !== -1;`,
      },
    ],
  },
  {
    name: "hole-cut-as-a-torn-tail",
    does: "a bad batch before a good one is cut off with all that follows, without a word",
    changes: [
      {
        file: `${log}recovery.ts`,
        piece: `recoveryOf(index, final) ?? { kind: "whole" }`,
        instead: `{ kind: "whole" }`,
      },
    ],
  },
  {
    name: "facts-of-before-the-hole",
    does: "behind a hole the log goes on with the vote that it had before",
    changes: [
      {
        file: `${log}recovery.ts`,
        piece: `    facts: factsIn(final),`,
        instead: `    facts: factsIn(kept.at(-1)),`,
      },
    ],
  },
  {
    name: "numbers-given-twice",
    does: "behind a hole batches get the numbers of those that lie beyond it",
    changes: [
      {
        file: `${log}log-writer.ts`,
        piece: `  const sequence = log.sequenceMax + 1;`,
        instead: `  const sequence = log.previousSequence + 1;`,
      },
      {
        file: `${log}log-writer.ts`,
        piece: `  const firstSequence = log.sequenceMax + 1;`,
        instead: `  const firstSequence = log.previousSequence + 1;`,
      },
    ],
  },
  {
    name: "beyond-the-hole-again",
    does: "what lies beyond a hole is read although the log went on before it",
    changes: [
      {
        file: `${log}recovery.ts`,
        piece: `batches.filter(({ sequence }) => sequence <= limit)`,
        instead: `batches.filter(({ sequence }) => sequence <= limit || limit > 0)`,
      },
    ],
  },
  {
    name: "before-the-hole-again",
    does: "a log that has nothing left behind its base goes on behind the batch before the hole",
    changes: [
      {
        file: `${log}recovery.ts`,
        piece: `index.last.index === index.base.index ? undefined : kept.at(-1)`,
        instead: `kept.at(-1)`,
      },
    ],
  },
  {
    name: "old-part-read-as-new",
    does: "in a file that was taken over, batches of the older part are read as the log's own",
    changes: [
      {
        file: `${log}recovery.ts`,
        piece: `batch !== null && batch.sequence >= segment.firstSequence`,
        instead: `batch !== null`,
      },
    ],
  },
  {
    name: "directory-not-flushed",
    does: "a file of the log is written before its name is on disk",
    changes: [
      {
        file: `${log}segment-file.ts`,
        piece: `  await syncDirectory(dirname(path));`,
        instead: `  void syncDirectory; void dirname;`,
      },
    ],
  },
  {
    name: "file-removed-too-early",
    does: "a file goes although the first entry behind the base is in it",
    changes: [
      {
        file: `${log}log-writer.ts`,
        piece: `(log.segments[0]?.entryIndexMax ?? 0) <= log.index.base.index`,
        instead: `(log.segments[0]?.entryIndexMax ?? 0) <= log.index.base.index + 1`,
      },
    ],
  },
  {
    name: "truncation-not-durable",
    does: "entries that are cut off are cut off in memory alone",
    changes: [
      {
        file: `${log}draft.ts`,
        piece: `        drafting.records.push(record);
        takeRecord(drafting, record);`,
        instead: `        if (record.kind !== "truncation") drafting.records.push(record);
        takeRecord(drafting, record);`,
      },
    ],
  },
  {
    name: "append-in-two-writes",
    does: "the records of one append are two batches, and a power cut comes between",
    changes: [
      {
        file: `${log}log-writer.ts`,
        piece: `  else writeBatch(log, records, answer);`,
        instead: `  else writeBatch(log, records.slice(0, 1), (error) => (error !== null || records.length < 2 ? answer(error) : writeBatch(log, records.slice(1), answer)));`,
      },
    ],
  },
  {
    name: "facts-of-one-batch-alone",
    does: "a batch without news of term and vote forgets them",
    changes: [
      {
        file: `${log}draft.ts`,
        piece: `hasNewFacts ? encodeFacts(facts) : before.factsBytes`,
        instead: `hasNewFacts ? encodeFacts(facts) : new Uint8Array()`,
      },
    ],
  },
  {
    name: "short-write-taken-for-whole",
    does: "a write of which the system took a part counts as done",
    changes: [
      {
        file: `${log}segment-file.ts`,
        piece: `    if (count === to - from) return done(null);`,
        instead: `    if (count > 0) return done(null);`,
      },
    ],
  },
  {
    name: "snapshot-not-flushed",
    does: "a snapshot is named before its bytes are on disk",
    changes: [
      {
        file: `${log}snapshot-files.ts`,
        piece: `    await handle.sync();`,
        instead: ``,
      },
    ],
  },
  {
    name: "snapshot-name-not-flushed",
    does: "a snapshot is named by a fact before its file's name is on disk",
    changes: [
      {
        file: `${log}snapshot-files.ts`,
        piece: `  if (isNew) await syncDirectory(files.directory);`,
        instead: ``,
      },
    ],
  },
  {
    name: "snapshot-behind-its-name",
    does: "the fact that names a snapshot goes to the disk before the snapshot",
    changes: [
      {
        file: `${log}log-writer.ts`,
        piece: `  await log.snapshots.write(chunks.filter(({ snapshot }) => !removed.has(snapshot)));
  if (!records.every(isOfSnapshots)) {`,
        instead: `  const late = () => log.snapshots.write(chunks.filter(({ snapshot }) => !removed.has(snapshot)));
  if (records.every(isOfSnapshots)) await late();
  else {`,
      },
      {
        file: `${log}log-writer.ts`,
        piece: `      writeBatch(log, records, (error) => (error === null ? resolve() : reject(error)));
    });
  }
  if (removed.size > 0)`,
        instead: `      writeBatch(log, records, (error) => (error === null ? resolve() : reject(error)));
    });
    await late();
  }
  if (removed.size > 0)`,
      },
    ],
  },
  {
    name: "snapshot-removed-before-its-successor",
    does: "a snapshot is removed while the disk's last word still names it",
    changes: [
      {
        file: `${log}log-writer.ts`,
        piece: `  if (!records.every(isOfSnapshots)) {`,
        instead: `  if (removed.size > 0) await log.snapshots.remove([...removed]);
  if (!records.every(isOfSnapshots)) {`,
      },
    ],
  },
  {
    name: "identity-not-flushed",
    does: "the directory counts as made before its incarnation is on disk",
    changes: [
      {
        file: `${log}log-identity.ts`,
        piece: `    await handle.sync();`,
        instead: ``,
      },
    ],
  },
];
