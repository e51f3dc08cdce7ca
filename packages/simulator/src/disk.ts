/** A disk that fails as disks do: it is slow, it loses what it had not flushed, it tears what it was writing, it fills up, it refuses, it rots. */
import { createGroupCommit, type GroupCommit, type Protocol } from "@syncline/machine";
import { type Delays, delayOf } from "./delays.ts";
import type { Draws } from "./draws.ts";
import type { Keeping } from "./keeping.ts";
import type { Schedule } from "./schedule.ts";

/** What is wrong with a disk now, besides what is written on it. */
export interface DiskState {
  /** Times a write or read takes as long; 1 if nothing is wrong. */
  slowness: number;
  /** Every append fails. */
  isFull: boolean;
  /** The next flush fails. What it wrote of what it was given is not known. */
  isFailing: boolean;
  /** A bit has turned and nobody has noticed yet. */
  isDamaged: boolean;
  /** The power failed while an append was half written, so many times; the halves are not there afterwards. */
  tornCount: number;
  /** Appends that were lost with the power before their flush. */
  lostCount: number;
}

/** The trouble that a disk makes, which a machine stops at: no bug. */
export class DiskFailure extends Error {
  override readonly name = "DiskFailure";
}

/** A disk in use by one process; between two processes it only keeps. */
export interface Disk<P extends Protocol> {
  readonly state: DiskState;
  keeping: Keeping<P>;
  append(records: readonly P["record"][], done: (error: Error | null) => void): void;
  load(query: P["query"], done: (error: Error | null, rows: readonly P["row"][]) => void): void;
  /** The process is gone: of the appends that were being written the first few are there, of which it was never told. */
  losePower(): void;
}

/** What a disk needs of the world around it. */
export interface DiskPorts<P extends Protocol> {
  readonly schedule: Schedule;
  readonly draws: Draws;
  /** The number of the node, for draws. */
  readonly index: number;
  readonly delays: Delays;
  /** These records are on the disk now. */
  written(records: readonly P["record"][]): void;
  /** Answers wait while the process is paused. */
  answer(run: () => void): void;
}

/** However many troubles come together, a read or flush takes no longer. */
const DELAY_MAX_MS = 8000;

type Append<P extends Protocol> = readonly P["record"][];

interface Disking<P extends Protocol> {
  readonly ports: DiskPorts<P>;
  readonly state: DiskState;
  keeping: Keeping<P>;
  commit: GroupCommit<Append<P>>;
  underWay: readonly Append<P>[];
  /** The number of the process; answers to an earlier one come to nobody. */
  life: number;
  drawCount: number;
}

/** A disk with this content. Appends go through the group commit that relays use; one flush is under way at a time. */
export const createDisk = <P extends Protocol>(
  keeping: Keeping<P>,
  ports: DiskPorts<P>,
): Disk<P> => {
  const state: DiskState = {
    slowness: 1,
    isFull: false,
    isFailing: false,
    isDamaged: false,
    tornCount: 0,
    lostCount: 0,
  };
  const newCommit = (): GroupCommit<Append<P>> =>
    createGroupCommit((items, done) => flush(disking, items, done));
  const disking: Disking<P> = {
    ports,
    state,
    keeping,
    commit: createGroupCommit(() => {}),
    underWay: [],
    life: 0,
    drawCount: 0,
  };
  disking.commit = newCommit();
  return {
    state,
    get keeping() {
      return disking.keeping;
    },
    set keeping(next) {
      disking.keeping = next;
      state.isDamaged = false;
    },
    append: (records, done) => disking.commit.append(records.length === 0 ? [] : [records], done),
    load: (query, done) => load(disking, query, done),
    losePower: () => {
      losePower(disking);
      disking.commit = newCommit();
    },
  };
};

const draw = <P extends Protocol>(disking: Disking<P>): number => {
  disking.drawCount += 1;
  return disking.ports.draws.fraction(disking.ports.index, 0, disking.drawCount);
};

const after = <P extends Protocol>(disking: Disking<P>, run: () => void): void => {
  const { ports, state, life } = disking;
  const delayMs = Math.min(DELAY_MAX_MS, delayOf(ports.delays, draw(disking)) * state.slowness);
  ports.schedule.at(ports.schedule.nowMs + delayMs, () => {
    if (life === disking.life) run();
  });
};

const flush = <P extends Protocol>(
  disking: Disking<P>,
  appends: readonly Append<P>[],
  done: (error: Error | null) => void,
): void => {
  disking.underWay = appends;
  const { life } = disking;
  after(disking, () => {
    const { state, ports } = disking;
    const why = state.isFull ? "no space is left" : state.isFailing ? "a flush failed" : null;
    state.isFailing = false;
    // Of a flush that failed nobody knows what came to the disk.
    const count = why === null ? appends.length : Math.floor(draw(disking) * (appends.length + 1));
    write(disking, appends, count);
    disking.underWay = [];
    ports.answer(() => {
      if (life === disking.life) done(why === null ? null : new DiskFailure(why));
    });
  });
};

/** Writes the first so many. */
const write = <P extends Protocol>(
  disking: Disking<P>,
  appends: readonly Append<P>[],
  count: number,
): void => {
  for (const records of count === appends.length ? appends : appends.slice(0, count)) {
    disking.keeping.write(records);
    disking.ports.written(records);
  }
};

const load = <P extends Protocol>(
  disking: Disking<P>,
  query: P["query"],
  done: (error: Error | null, rows: readonly P["row"][]) => void,
): void => {
  const { ports, life } = disking;
  const read = (): { error: Error | null; rows: readonly P["row"][] } => {
    try {
      return { error: null, rows: disking.keeping.read(query) };
    } catch (error) {
      return { error: new DiskFailure(String(error)), rows: [] };
    }
  };
  // Read at some time between question and answer: a store may show more than what was there when it was asked.
  const early = draw(disking) < 0.5 ? read() : null;
  after(disking, () => {
    const { error, rows } = early ?? read();
    ports.answer(() => {
      if (life === disking.life) done(error, rows);
    });
  });
};

const losePower = <P extends Protocol>(disking: Disking<P>): void => {
  const { underWay, state } = disking;
  disking.life += 1;
  disking.underWay = [];
  const count = Math.floor(draw(disking) * (underWay.length + 1));
  write(disking, underWay, count);
  state.lostCount += underWay.length - count;
  // Half of an append is no append: stores write the mark that makes it one last, and a recovery drops what has none.
  if (count < underWay.length && draw(disking) < 0.5) state.tornCount += 1;
};
