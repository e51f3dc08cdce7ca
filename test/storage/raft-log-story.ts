/**
 * The log for consensus over several lives on the simulated disk, beside a plain twin: each life ends with a power cut in the middle of anything, or in peace, and
 * sometimes with a bit that rots before the next.
 *
 * What must hold: whatever was acknowledged is there in the next life, or what is missing is told; an append is there as a whole or not at all; after a failed write
 * nothing is acknowledged any more; the facts are the latest, whatever else is lost; no read gives bytes that were not written.
 */
import { assert, type Random, seededRandom } from "@syncline/machine";
import { openRaftLog, type RaftLog, type RaftLogRecord } from "@syncline/storage/raft-log";
import {
  createDisk,
  filesAfterCut,
  noTrouble,
  run,
  type SimulatedDisk,
  type SimulatedFile,
  type Trouble,
} from "./simulated-disk.ts";
import { plugIn } from "./simulated-fs.ts";
import {
  contentOf,
  copyOf,
  describeContent,
  drawAppend,
  emptyContent,
  type LogContent,
} from "./raft-log-content.ts";
import { rotOneBit } from "./rot.ts";

const DIRECTORY = "/disk/log";

/** What came of a story. */
export interface RaftLogOutcome {
  /** Null if every promise held. */
  readonly failure: Error | null;
  readonly lifeCount: number;
  readonly appendCount: number;
  readonly cutCount: number;
  readonly failedWriteCount: number;
  readonly rottenBitCount: number;
}

type Tally = { -readonly [Field in Exclude<keyof RaftLogOutcome, "failure">]: number };

interface Story {
  readonly random: Random;
  readonly tally: Tally;
  /** Each is what the log may hold when it is opened next. */
  allowed: readonly LogContent[];
  /** Everything that it has ever held. */
  readonly past: LogContent[];
  /** What it held when a bit rotted, so that it may say that something of that is missing, again and again until it goes on behind the hole; else null. */
  damaged: LogContent | null;
  files: ReadonlyMap<string, SimulatedFile>;
}

/** Tells the story of a seed. */
export const tellRaftLogStory = async (seed: number): Promise<RaftLogOutcome> => {
  const random = seededRandom(seed).fork("raft-log");
  const tally: Tally = {
    lifeCount: 0,
    appendCount: 0,
    cutCount: 0,
    failedWriteCount: 0,
    rottenBitCount: 0,
  };
  const story: Story = {
    random,
    tally,
    allowed: [emptyContent()],
    past: [emptyContent()],
    damaged: null,
    files: new Map(),
  };
  try {
    for (let left = random.integer(2, 7); left > 0; left -= 1) await live(story);
    return { failure: null, ...tally };
  } catch (error) {
    return { failure: error instanceof Error ? error : new Error(String(error)), ...tally };
  }
};

/** One life: opens the log, compares it with the twin, appends until the end, and leaves a disk. */
const live = async (story: Story): Promise<void> => {
  const { random, tally } = story;
  tally.lifeCount += 1;
  const disk = createDisk(random.fork(`disk ${tally.lifeCount}`), drawTrouble(random), story.files);
  plugIn(disk);
  const log = await opened(story, disk);
  if (log !== null) {
    const content = await compared(story, disk, log);
    if (content !== null) await work(story, disk, log, content);
  }
  if (!disk.hasPower) tally.cutCount += 1;
  if (disk.failedFile !== null) tally.failedWriteCount += 1;
  disk.hasPower = false;
  // What was told that something has ended goes on until it wants the disk again, which is this one still.
  for (let left = 5; left > 0; left -= 1) await new Promise((resolve) => setImmediate(resolve));
  story.files = filesAfterCut(disk);
};

const drawTrouble = (random: Random): Trouble => {
  const soon = (): number => random.integer(1, random.pick([30, 100, 300]));
  return {
    ...noTrouble,
    cutAt: random.chance(0.7) ? soon() : Number.POSITIVE_INFINITY,
    failAt: random.chance(0.3) ? soon() : null,
    shortAt: random.chance(0.3) ? soon() : null,
  };
};

/** The result of what was begun, or null if power failed before. */
const finished = async <Result>(
  disk: SimulatedDisk,
  asked: Promise<Result>,
): Promise<Result | null> => {
  let settled: { readonly result: Result } | { readonly error: unknown } | null = null;
  asked.then(
    (result) => (settled = { result }),
    (error: unknown) => (settled = { error }),
  );
  await run(disk, () => settled !== null);
  const found = settled as { result: Result } | { error: unknown } | null;
  if (found !== null && "error" in found) throw found.error;
  return found?.result ?? null;
};

const opened = async (story: Story, disk: SimulatedDisk): Promise<RaftLog | null> => {
  const segmentBytesMax = 4096 * story.random.integer(4, 20);
  const options = { segmentBytesMax, sealAfterMs: Number.POSITIVE_INFINITY };
  try {
    return await finished(disk, openRaftLog(DIRECTORY, options));
  } catch (error) {
    // A disk that fails while the log is opened: the next life sees what it finds.
    if (disk.failedFile !== null) return null;
    throw error;
  }
};

/** What the log holds, after it was seen to be one of what it may; null if power fails meanwhile. */
const compared = async (
  story: Story,
  disk: SimulatedDisk,
  log: RaftLog,
): Promise<LogContent | null> => {
  const found = await finished(disk, contentOf(log));
  if (found === null) return null;
  const text = describeContent(found);
  if (log.recovery.kind === "whole") {
    const isAllowed = story.allowed.some((content) => describeContent(content) === text);
    assert(isAllowed, "acknowledged records are not there, and nothing is said of it");
    story.damaged = null;
  } else {
    assert(story.damaged !== null, "a whole log is taken for a damaged one");
    checkDamaged(log, found, { expected: story.damaged, past: story.past });
  }
  story.allowed = [found];
  return found;
};

/** Whatever else is lost, a vote is not; the log says how far it went; and the entries that are left are those that it once had. */
const checkDamaged = (
  { recovery }: RaftLog,
  found: LogContent,
  { expected, past }: { readonly expected: LogContent; readonly past: readonly LogContent[] },
): void => {
  if (recovery.kind === "whole") return;
  const wanted = expected.entries.at(-1) ?? expected.base;
  const isLast = recovery.last.index === wanted.index && recovery.last.term === wanted.term;
  assert(isLast, "a damaged log has forgotten how far it went");
  const text = describeContent(found);
  const isOfThePast = past.some(({ entries }) => {
    const kept = entries.filter(({ index }) => index > expected.base.index);
    const isNext = kept[0] === undefined || kept[0].index === expected.base.index + 1;
    return describeContent({ ...expected, entries: isNext ? kept : [] }) === text;
  });
  assert(isOfThePast, "a damaged log holds what it never held, or has forgotten a fact");
  const next = (found.entries.at(-1) ?? found.base).index + 1;
  assert(recovery.fromIndex === next, "a damaged log does not know what it lacks");
};

/** Appends, several at a time, until the life ends. */
const work = async (
  story: Story,
  disk: SimulatedDisk,
  log: RaftLog,
  content: LogContent,
): Promise<void> => {
  const { random, tally } = story;
  /** What the log holds once so many appends are on the disk. */
  const contents = [content];
  let answeredCount = 0;
  let acknowledgedCount = 0;
  let isRefusedInOrder = true;
  const append = (records: readonly RaftLogRecord[], after: LogContent): void => {
    const number = contents.push(after) - 1;
    story.past.push(after);
    tally.appendCount += 1;
    log.append(records, (error) => {
      answeredCount += 1;
      if (error === null) {
        isRefusedInOrder &&= acknowledgedCount === number - 1;
        acknowledgedCount = number;
      }
    });
  };
  const keepAllowed = (): void => {
    story.allowed = contents.slice(acknowledgedCount);
    if (acknowledgedCount > 0) story.damaged = null;
  };
  for (let left = random.integer(1, 40); left > 0 && disk.hasPower; left -= 1) {
    const last = contents.at(-1) ?? content;
    const { records, after } = drawAppend(last, random);
    append(records, after);
    const underWayMax = random.integer(0, 4);
    await run(disk, () => contents.length - 1 - answeredCount <= underWayMax);
    keepAllowed();
    assert(isRefusedInOrder, "an append is acknowledged though one before it is not");
  }
  await run(disk, () => answeredCount === contents.length - 1);
  keepAllowed();
  const hasLogFailed =
    disk.failedFile !== null && /log-|snapshot-/u.test(nameOf(disk, disk.failedFile));
  const isRefused = !hasLogFailed || acknowledgedCount < contents.length - 1;
  assert(isRefused, "an append is acknowledged although its write failed");
  if (!disk.hasPower || disk.failedFile !== null) return;
  await rest(story, disk, log);
};

const nameOf = (disk: SimulatedDisk, file: SimulatedFile): string =>
  [...disk.names].find(([, one]) => one === file)?.[0] ?? "";

/** The end of a life in peace: a bit may rot while the log is open, or afterwards. */
const rest = async (story: Story, disk: SimulatedDisk, log: RaftLog): Promise<void> => {
  const { random, tally } = story;
  const [content] = story.allowed;
  assert(content !== undefined, "a story has no end");
  const isRotting = random.chance(0.6);
  if (isRotting && random.chance(0.3)) {
    if (rotOneBit(disk, random)) {
      tally.rottenBitCount += 1;
      story.damaged = content;
      await checkReads(disk, log, content);
    }
  }
  const closed = log.close().then(() => true);
  if ((await finished(disk, closed)) === null) return;
  if (isRotting && story.damaged === null && rotOneBit(disk, random)) {
    tally.rottenBitCount += 1;
    story.damaged = content;
  }
};

/** What is read is what was written, or an error. */
const checkReads = async (
  disk: SimulatedDisk,
  log: RaftLog,
  expected: LogContent,
): Promise<void> => {
  let found: LogContent | null = null;
  try {
    found = await finished(disk, contentOf(log));
  } catch {
    return;
  }
  if (found === null) return;
  const isSame = describeContent(found) === describeContent(copyOf(expected));
  assert(isSame, "a read gives what was not written");
};
