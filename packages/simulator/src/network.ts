/** The lines between nodes, one for each direction: cut, clogged, slow, or lossy, for as long as faults last. */
import { type Delays, delayOf } from "./delays.ts";
import { type Draws, keyedDraws } from "./draws.ts";
import type { Schedule } from "./schedule.ts";

/** One direction of one connection, which stalls while its line is cut or clogged. */
export interface Pipe {
  stall(isCut: boolean): void;
  resume(): void;
}

/** The line from one node to another. */
export interface Line {
  readonly from: number;
  readonly to: number;
  /** How many faults cut it now. */
  cutCount: number;
  /** How many faults hold everything on it back now. */
  clogCount: number;
  /** What all slow-downs add to each message. */
  addedMs: number;
  /** The pace of the reader behind it: what it takes for each message; 0 if it keeps up. */
  perMessageMs: number;
  /** Messages so far, for draws. */
  messageCount: number;
  readonly pipes: Set<Pipe>;
  /** Datagrams that wait for the end of a clog. */
  held: (() => void)[];
}

/** What may befall each datagram. Connections are ordered and whole; they know delays only. */
export interface Weather {
  /** From 0 to 1. */
  lossRate: number;
  duplicationRate: number;
  /** How many datagrams are held up for long, so that later ones overtake them. */
  reorderingRate: number;
}

/** What has befallen messages, counted. */
export interface NetworkTally {
  sentCount: number;
  lostCount: number;
  duplicatedCount: number;
  reorderedCount: number;
}

/** All lines. */
export interface Network {
  readonly delays: Delays;
  readonly weather: Weather;
  readonly tally: NetworkTally;
  readonly schedule: Schedule;
  line(from: number, to: number): Line;
  isCut(from: number, to: number): boolean;
  /** Cuts the line, or with -1 ends one of the cuts. */
  cut(from: number, to: number, by: 1 | -1): void;
  clog(from: number, to: number, by: 1 | -1): void;
  /** A draw from 0 (in) to 1 (out) for this key, of its own for each concern. */
  draw(concern: keyof NetworkDraws, first: number, second: number, third: number): number;
  /** How long a message takes. */
  delayMs(line: Line, messageNumber: number): number;
  /** Hands a datagram over, once, twice or never. */
  datagram(from: number, to: number, arrive: () => void): void;
}

interface NetworkDraws {
  readonly loss: Draws;
  readonly duplication: Draws;
  readonly reordering: Draws;
  readonly delay: Draws;
  readonly connection: Draws;
}

/** How much longer a datagram takes that is held up. */
const HELD_UP_TIMES = 10;

/** A network of whole lines. */
export const createNetwork = (
  seed: number,
  schedule: Schedule,
  setup: { readonly delays: Delays; readonly weather: Weather },
): Network => {
  const lines: Line[][] = [];
  const draws: NetworkDraws = {
    loss: keyedDraws(seed, "loss"),
    duplication: keyedDraws(seed, "duplication"),
    reordering: keyedDraws(seed, "reordering"),
    delay: keyedDraws(seed, "delay"),
    connection: keyedDraws(seed, "connection"),
  };
  const line = (from: number, to: number): Line => {
    const row = (lines[from] ??= []);
    return (row[to] ??= createLine(from, to));
  };
  const network: Network = {
    delays: setup.delays,
    weather: { ...setup.weather },
    tally: { sentCount: 0, lostCount: 0, duplicatedCount: 0, reorderedCount: 0 },
    schedule,
    line,
    isCut: (from, to) => line(from, to).cutCount > 0,
    cut: (from, to, by) => {
      const one = line(from, to);
      const before = one.cutCount;
      one.cutCount = Math.max(0, before + by);
      if (before === 0 && one.cutCount > 0) for (const pipe of one.pipes) pipe.stall(true);
      if (before > 0) flow(one);
    },
    clog: (from, to, by) => {
      const one = line(from, to);
      const before = one.clogCount;
      one.clogCount = Math.max(0, before + by);
      if (before === 0 && one.clogCount > 0) for (const pipe of one.pipes) pipe.stall(false);
      if (before > 0) flow(one);
    },
    draw: (concern, first, second, third) => draws[concern].fraction(first, second, third),
    delayMs: (one, messageNumber) =>
      delayOf(setup.delays, draws.delay.fraction(one.from, one.to, messageNumber)) + one.addedMs,
    datagram: (from, to, arrive) => sendDatagram(network, line(from, to), arrive),
  };
  return network;
};

const createLine = (from: number, to: number): Line => ({
  from,
  to,
  cutCount: 0,
  clogCount: 0,
  addedMs: 0,
  perMessageMs: 0,
  messageCount: 0,
  pipes: new Set(),
  held: [],
});

/** Lets everything go on that waited, if nothing holds it back any more. */
const flow = (line: Line): void => {
  if (line.clogCount > 0 || line.cutCount > 0) return;
  const { held } = line;
  line.held = [];
  for (const run of held) run();
  for (const pipe of line.pipes) pipe.resume();
};

const sendDatagram = (network: Network, line: Line, arrive: () => void): void => {
  const { tally, weather, schedule } = network;
  line.messageCount += 1;
  tally.sentCount += 1;
  const number = line.messageCount;
  const { from, to } = line;
  const isLost = line.cutCount > 0 || network.draw("loss", from, to, number) < weather.lossRate;
  if (isLost) {
    tally.lostCount += 1;
    return;
  }
  const isTwice = network.draw("duplication", from, to, number) < weather.duplicationRate;
  if (isTwice) tally.duplicatedCount += 1;
  const isHeldUp = network.draw("reordering", from, to, number) < weather.reorderingRate;
  if (isHeldUp) tally.reorderedCount += 1;
  for (let copy = 0; copy < (isTwice ? 2 : 1); copy += 1) {
    // A copy draws under a number of its own that no message has.
    const delayMs = network.delayMs(line, copy === 0 ? number : -number);
    schedule.at(schedule.nowMs + delayMs * (isHeldUp ? HELD_UP_TIMES : 1), () => {
      if (line.cutCount > 0) tally.lostCount += 1;
      else if (line.clogCount > 0) line.held.push(arrive);
      else arrive();
    });
  }
};
