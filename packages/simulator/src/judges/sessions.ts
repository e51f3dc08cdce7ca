/**
 * The session guarantees, each by itself (Terry et al., "Session guarantees for weakly consistent replicated data", PDIS 1994, §2).
 *
 * Nothing is searched: every write has a dot and every read says which it saw. The time is linear in the writes that each session comes to
 * see, times the origins that a set of dots has.
 */
import {
  addDot,
  describeDot,
  type DotRanges,
  firstMissing,
  type GrowingDots,
  includesDot,
  unionOf,
  type WriteDot,
} from "./dot-ranges.ts";
import type { Observation, Read, Write } from "./history.ts";
import { evidenceOf, type Writes, writesOf } from "./observed.ts";
import { createSightings, type Look, looker, lookOf } from "./sightings.ts";
import { createViolationList, type Verdict, type ViolationList } from "./verdict.ts";

/** What a session has done so far. */
interface Session {
  readonly ownWrites: GrowingDots;
  lastWrite: Write | null;
  /** Everything that its reads saw. */
  known: DotRanges;
  /** Its reads, for the words of a violation. */
  readonly reads: Read[];
  /** Breaches that were told already, so that a write that stays away is told once. */
  readonly told: Set<string>;
}

/** What stands before a write in its session. */
interface Foundation {
  readonly writeBefore: Write | null;
  readonly known: DotRanges;
  readonly session: Session;
}

interface Judging {
  readonly foundations: ReadonlyMap<Write, Foundation>;
  readonly writes: Writes;
  readonly lists: Lists;
}

interface Lists {
  readonly ownWrites: ViolationList;
  readonly reads: ViolationList;
  readonly writeOrder: ViolationList;
  readonly readOrder: ViolationList;
}

/**
 * Four verdicts, in this order: read your writes, monotonic reads, monotonic writes, writes follow reads.
 *
 * - **Read your writes**: a read sees every write that its session made before.
 * - **Monotonic reads**: a read sees everything that an earlier read of its session saw.
 * - **Monotonic writes**: whoever sees a write sees every write that its session made before it.
 * - **Writes follow reads**: whoever sees a write sees everything that its session had read before it.
 *
 * The last two also hold for what replicas hold, as far as they say what that is. Writes that nobody recorded are taken as having nothing before them.
 */
export const judgeSessions = (observations: readonly Observation[]): readonly Verdict[] => {
  const lists: Lists = {
    ownWrites: createViolationList("read your writes"),
    reads: createViolationList("monotonic reads"),
    writeOrder: createViolationList("monotonic writes"),
    readOrder: createViolationList("writes follow reads"),
  };
  const sessions = new Map<string, Session>();
  const foundations = new Map<Write, Foundation>();
  const judging: Judging = { foundations, writes: writesOf(observations), lists };
  const looks: Look[] = [];
  for (const observation of observations) {
    const look = lookOf(observation);
    if (look !== null) looks.push(look);
    if (observation.kind !== "write" && observation.kind !== "read") continue;
    const session = sessions.get(observation.session) ?? createSession();
    sessions.set(observation.session, session);
    if (observation.kind === "read") judgeRead(judging, session, observation);
    else foundations.set(observation, noteWrite(session, observation));
  }
  // Afterwards, when the foundations of all writes are known: between sessions the lines may stand in any order.
  const sightings = createSightings();
  const told = new Set<string>();
  for (const look of looks) judgeOrder(judging, { look, dots: sightings.newIn(look).dots, told });
  return [lists.ownWrites, lists.reads, lists.writeOrder, lists.readOrder].map((list) =>
    list.verdict(looks.length),
  );
};

const createSession = (): Session => ({
  ownWrites: new Map(),
  lastWrite: null,
  known: new Map(),
  reads: [],
  told: new Set(),
});

const noteWrite = (session: Session, write: Write): Foundation => {
  const foundation = { writeBefore: session.lastWrite, known: session.known, session };
  addDot(session.ownWrites, write.dot);
  session.lastWrite = write;
  return foundation;
};

const judgeRead = ({ writes, lists }: Judging, session: Session, read: Read): void => {
  const lost = firstMissing(read.seen, session.ownWrites);
  if (lost !== null && isNews(session.told, `own ${describeDot(lost)}`)) {
    lists.ownWrites.add(() => {
      const write = writes.at(lost);
      return {
        sentence: `${read.session} did not read its own write ${describeDot(lost)}${where(read)}`,
        evidence: [
          ...(write === undefined ? [] : [evidenceOf(write)]),
          evidenceOf(read, { what: `read without ${describeDot(lost)}`, isCulprit: true }),
        ],
      };
    });
  }
  const gone = firstMissing(read.seen, session.known);
  if (gone !== null && isNews(session.told, `gone ${describeDot(gone)}`)) {
    lists.reads.add(() => {
      const before = firstReadOf(session, gone);
      return {
        sentence: `${read.session} read ${describeDot(gone)}${where(before)}, and later did not${where(read)}`,
        evidence: [
          ...(before === undefined
            ? []
            : [evidenceOf(before, { what: `read ${describeDot(gone)}` })]),
          evidenceOf(read, { what: `read without ${describeDot(gone)}`, isCulprit: true }),
        ],
      };
    });
  }
  session.known = unionOf(session.known, read.seen);
  session.reads.push(read);
};

const judgeOrder = (
  { foundations, lists, writes }: Judging,
  {
    look,
    dots,
    told,
  }: { readonly look: Look; readonly dots: DotRanges; readonly told: Set<string> },
): void => {
  // What one lacks is told once, not for each of the many writes that rest on it.
  const isFirst = (order: "writes" | "reads", missing: WriteDot): boolean =>
    isNews(told, `${order} ${look.kind} ${looker(look)} ${describeDot(missing)}`);
  // Most writes of a session were made between the same two of its reads.
  let checked: DotRanges | null = null;
  for (const write of writes.in(dots)) {
    const foundation = foundations.get(write);
    if (foundation === undefined) continue;
    const { dot } = write;
    const { writeBefore, known, session } = foundation;
    const isOutOfOrder = writeBefore !== null && !includesDot(look.seen, writeBefore.dot);
    if (isOutOfOrder && isFirst("writes", writeBefore.dot)) {
      lists.writeOrder.add(() => ({
        sentence: `${looker(look)} saw ${write.session}'s ${describeDot(dot)} without ${describeDot(writeBefore.dot)}, which ${write.session} wrote before`,
        evidence: [evidenceOf(writeBefore), evidenceOf(write), without(look, dot, writeBefore.dot)],
      }));
    }
    if (known === checked) continue;
    checked = known;
    const missing = firstMissing(look.seen, known);
    if (missing === null || !isFirst("reads", missing)) continue;
    lists.readOrder.add(() => {
      const origin = writes.at(missing);
      const read = firstReadOf(session, missing);
      return {
        sentence: `${looker(look)} saw ${write.session}'s ${describeDot(dot)} without ${describeDot(missing)}, which ${write.session} had read before writing it`,
        evidence: [
          ...(origin === undefined ? [] : [evidenceOf(origin)]),
          ...(read === undefined
            ? []
            : [evidenceOf(read, { what: `read ${describeDot(missing)}` })]),
          evidenceOf(write),
          without(look, dot, missing),
        ],
      };
    });
  }
};

const without = (look: Look, dot: WriteDot, missing: WriteDot): ReturnType<typeof evidenceOf> =>
  evidenceOf(look, {
    what: `saw ${describeDot(dot)} without ${describeDot(missing)}`,
    isCulprit: true,
  });

const isNews = (told: Set<string>, breach: string): boolean => {
  if (told.has(breach)) return false;
  told.add(breach);
  return true;
};

const firstReadOf = (session: Session, dot: WriteDot): Read | undefined =>
  session.reads.find(({ seen }) => includesDot(seen, dot));

const where = (read: Read | undefined): string =>
  read?.replica === undefined ? "" : ` at ${read.replica}`;
