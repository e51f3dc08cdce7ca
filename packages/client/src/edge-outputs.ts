/** What the edge of a space tells, and what becomes of it. */
import type { Batch, EdgeOutput, EdgeRecord } from "@syncline/gossip";
import { SyncError } from "@syncline/machine";
import { yjsType } from "./document.ts";
import { queueStatus, type SpaceCore, tellError } from "./space-core.ts";

/** Takes an output. Never throws: it is called while the machine runs. */
export const whenDelivered = (core: SpaceCore, output: EdgeOutput): void => {
  switch (output.kind) {
    case "show":
      return show(core, output.batches);
    case "welcome":
      return whenWelcomed(core, output);
    case "synced":
      core.session = { ...core.session, isSynced: true };
      core.emitter.emit("synced");
      return queueStatus(core);
    case "heard":
      return whenHeard(core, output.heardCount);
    case "durable":
      return whenDiskMoved(core, output);
    case "levels":
      return whenLevelsMoved(core, output);
    case "owed":
      core.batcher.flush();
      return core.runtime.submitted({
        kind: "states",
        batches: [...core.documents.states(), ...core.values.states()],
      });
    case "refused":
      return whenRefused(core, output);
    case "violation":
      return core.ports.link.restart(output.reason);
    case "presence":
      return core.presence.received(output.key, output.bytes);
  }
};

/** All of it is in all documents and values before anybody who watches one is told. */
const show = (core: SpaceCore, batches: readonly Batch[]): void => {
  const good = batches.filter(({ document, type }) => core.types.accepts(document, type));
  core.values.receive(good.filter(({ type }) => type !== yjsType));
  core.documents.show(good.filter(({ type }) => type === yjsType));
  core.values.tell();
};

const whenWelcomed = (core: SpaceCore, output: Extract<EdgeOutput, { kind: "welcome" }>): void => {
  core.session = { phase: "joined", isSynced: false, welcome: output };
  core.error = null;
  core.rejoining.succeeded();
  core.values.welcomed();
  queueStatus(core);
};

const whenHeard = (core: SpaceCore, heardCount: number): void => {
  const { session } = core;
  if (session.welcome === null) return;
  core.session = { ...session, welcome: { ...session.welcome, heardCount } };
  queueStatus(core);
};

const whenDiskMoved = (core: SpaceCore, output: Extract<EdgeOutput, { kind: "durable" }>): void => {
  const { disks, session } = core;
  disks.take(output.home, output, output.isWhole);
  if (session.welcome === null) return;
  const { writeQuorum, homeCount } = session.welcome;
  const quorum = disks.settledOn(writeQuorum);
  const all = disks.settledOn(homeCount);
  core.runtime.submitted({ kind: "settled", quorum, all });
  queueStatus(core);
};

const whenLevelsMoved = (
  core: SpaceCore,
  output: Extract<EdgeOutput, { kind: "levels" }>,
): void => {
  const { outbox } = core;
  const isRoomMade = output.quorum > outbox.numbers.quorum;
  outbox.numbers = output;
  outbox.newest = output.newest;
  for (const number of outbox.batchByNumber.keys()) {
    if (number > output.relay) break;
    outbox.batchByNumber.delete(number);
  }
  core.settling.moved(output);
  if (isRoomMade) core.documents.retry();
  if (isRoomMade) core.values.retry();
  queueStatus(core);
};

const whenRefused = (core: SpaceCore, output: Extract<EdgeOutput, { kind: "refused" }>): void => {
  const { outbox } = core;
  const error = new SyncError(output.code, output.reason);
  const batch = output.number === 0 ? outbox.unnumbered.shift() : takeNumbered(core, output.number);
  if (batch === undefined) tellError(core, error);
  else if (batch.type === yjsType) core.documents.refused(batch, error);
  else if (isSpelledAnew(error)) return whenSpelledAnew(core, output.number, batch, error);
  else core.values.refused(batch, error);
  if (output.number > 0) core.settling.refused(output.number, error);
};

const isSpelledAnew = ({ code }: SyncError): boolean =>
  code === "CLONED_REPLICA" || code === "BELOW_FENCE";

/** It is spelled anew, and leaves at once when it is: whoever waits for it waits for what stands in its place. */
const whenSpelledAnew = (core: SpaceCore, number: number, batch: Batch, error: SyncError): void => {
  const waitFor = core.settling.replaced(number);
  core.values.refused(batch, error, () => {
    core.batcher.flush();
    // The machine is at work, and numbers the new batch when it is done.
    queueMicrotask(() => {
      waitFor(core.outbox.lastNumber);
    });
  });
};

const takeNumbered = (core: SpaceCore, number: number): Batch | undefined => {
  const { batchByNumber } = core.outbox;
  const batch = batchByNumber.get(number);
  batchByNumber.delete(number);
  return batch;
};

/** Notes which numbers the edge has given to own batches: they go to the journal in the order in which it took them. */
export const noteRecords = (core: SpaceCore, records: readonly EdgeRecord[]): void => {
  const { outbox } = core;
  for (const record of records) {
    if (record.kind !== "batch") continue;
    outbox.lastNumber = record.number;
    outbox.batchByNumber.set(record.number, record.batch);
    if (outbox.unnumbered[0] === record.batch) outbox.unnumbered.shift();
  }
};
