/**
 * Connections as a socket gives them: in order and without loss until they end; then each end hears of it, and what was under way is lost.
 *
 * While a line is clogged its messages wait; while it is cut they wait too, until the end that hears nothing gives up.
 */
import type { Line, Network, Pipe } from "./network.ts";

/** Turns messages into frames and back: one side of one connection. */
export interface Codec<Message> {
  encode(message: Message): Uint8Array;
  /** Null if the frame is malformed. */
  decode(frame: Uint8Array): readonly Message[] | null;
}

/** One end of a connection, as the process there knows it. Calls come in order. */
export interface End<Message> {
  readonly codec: Codec<Message> | null;
  opened(): void;
  received(message: Message): void;
  /** Comes once, last. */
  closed(): void;
  /** More waits to be sent than the high-water mark allows; then, that it has fallen below the low one. */
  congested(): void;
  drained(): void;
  /** Something was wrong that no fault explains. */
  failed(error: Error): void;
}

/** A connection between end 0, which dialled, and end 1. */
export interface Connection<Message> {
  readonly isAlive: boolean;
  send(fromEnd: 0 | 1, message: Message): void;
  /** Ends it. What is under way is lost. The end that does it hears nothing of it; with null, both do. */
  cut(byEnd: 0 | 1 | null): void;
}

/** When each end is told to stop and to go on, in messages that were sent and have not arrived. */
const CONGESTED_AT = 48;
const DRAINED_AT = 12;
/** How long silence may last before an end gives up: drawn between these. */
const PATIENCE_MS = [2000, 9000] as const;
/** How soon an end hears that the other has closed. */
const FAREWELL_MS = 20;

interface Half<Message> extends Pipe {
  readonly line: Line;
  arrivesMs: number;
  /** Sent and not arrived. */
  underWayCount: number;
  isCongested: boolean;
  isStalled: boolean;
  stallCount: number;
  /** On the line, first sent first: frames never overtake each other, so what is due at a time is the first of these. */
  readonly onLine: (Message | Uint8Array | null)[];
  /** Takes the first from the line. One for all frames of the half: a function for each would be most of what a frame costs. */
  readonly takeNext: () => void;
  /** Arrived while the line was stalled. */
  held: (Message | Uint8Array | null)[];
}

interface Connecting<Message> {
  readonly network: Network;
  readonly ends: readonly [End<Message>, End<Message>];
  readonly number: number;
  isAlive: boolean;
  halves: readonly Half<Message>[];
}

/** Opens a connection over these two lines; each end is told `opened` before anything else. `number` tells it from others, for draws. */
export const openConnection = <Message>(
  network: Network,
  number: number,
  places: readonly [from: number, to: number],
  ends: readonly [End<Message>, End<Message>],
): Connection<Message> => {
  const state: Connecting<Message> = { network, ends, number, isAlive: true, halves: [] };
  const [from, to] = places;
  state.halves = [
    createHalf(state, 0, network.line(to, from)),
    createHalf(state, 1, network.line(from, to)),
  ];
  for (const half of state.halves) half.line.pipes.add(half);
  for (const toEnd of [0, 1] as const) put(state, toEnd, null);
  return {
    get isAlive() {
      return state.isAlive;
    },
    send: (fromEnd, message) => {
      if (!state.isAlive) return;
      const { codec } = ends[fromEnd];
      put(state, fromEnd === 0 ? 1 : 0, codec === null ? message : codec.encode(message));
    },
    cut: (byEnd) => cut(state, byEnd),
  };
};

/** The half that leads to this end. */
const createHalf = <Message>(
  state: Connecting<Message>,
  toEnd: 0 | 1,
  line: Line,
): Half<Message> => {
  const { schedule } = state.network;
  const half: Half<Message> = {
    line,
    arrivesMs: 0,
    underWayCount: 0,
    isCongested: false,
    isStalled: line.clogCount > 0 || line.cutCount > 0,
    stallCount: 0,
    onLine: [],
    takeNext: () => {
      const frame = half.onLine.shift();
      if (!state.isAlive || frame === undefined) return;
      if (half.isStalled) half.held.push(frame);
      else arrive(state, toEnd, frame);
    },
    held: [],
    stall: (isCut) => {
      half.isStalled = true;
      if (!isCut) return;
      half.stallCount += 1;
      const { stallCount } = half;
      const patienceMs = patienceOf(state, toEnd, stallCount);
      schedule.at(schedule.nowMs + patienceMs, () => {
        const isOver = !state.isAlive || half.stallCount !== stallCount || line.cutCount === 0;
        if (!isOver) cut(state, null, toEnd);
      });
    },
    resume: () => {
      half.isStalled = false;
      half.stallCount += 1;
      const { held } = half;
      half.held = [];
      for (const frame of held) arrive(state, toEnd, frame);
    },
  };
  return half;
};

const patienceOf = <Message>(state: Connecting<Message>, end: 0 | 1, count: number): number => {
  const { network, number } = state;
  const [fromMs, toMs] = PATIENCE_MS;
  return fromMs + Math.floor(network.draw("connection", number, end, count) * (toMs - fromMs));
};

/** Puts a frame on its way to an end; null is the news that the connection is open. */
const put = <Message>(
  state: Connecting<Message>,
  toEnd: 0 | 1,
  frame: Message | Uint8Array | null,
): void => {
  const half = halfTo(state, toEnd);
  const { line } = half;
  const { schedule } = state.network;
  line.messageCount += 1;
  const earliestMs = schedule.nowMs + state.network.delayMs(line, line.messageCount);
  half.arrivesMs = Math.max(half.arrivesMs + line.perMessageMs, earliestMs);
  half.underWayCount += 1;
  half.onLine.push(frame);
  schedule.at(half.arrivesMs, half.takeNext);
  if (half.isCongested || half.underWayCount < CONGESTED_AT) return;
  half.isCongested = true;
  state.ends[toEnd === 0 ? 1 : 0].congested();
};

const arrive = <Message>(
  state: Connecting<Message>,
  toEnd: 0 | 1,
  frame: Message | Uint8Array | null,
): void => {
  if (!state.isAlive) return;
  const end = state.ends[toEnd];
  const half = halfTo(state, toEnd);
  half.underWayCount -= 1;
  if (frame === null) end.opened();
  else if (end.codec !== null && frame instanceof Uint8Array) read(state, end, end.codec, frame);
  else end.received(frame as Message);
  if (!half.isCongested || half.underWayCount > DRAINED_AT) return;
  half.isCongested = false;
  if (state.isAlive) state.ends[toEnd === 0 ? 1 : 0].drained();
};

const read = <Message>(
  state: Connecting<Message>,
  end: End<Message>,
  codec: Codec<Message>,
  frame: Uint8Array,
): void => {
  const messages = codec.decode(frame);
  if (messages === null) return end.failed(new Error("a frame of the own codec is malformed"));
  for (const message of messages) if (state.isAlive) end.received(message);
};

const cut = <Message>(
  state: Connecting<Message>,
  byEnd: 0 | 1 | null,
  noticedBy: 0 | 1 | null = null,
): void => {
  if (!state.isAlive) return;
  state.isAlive = false;
  const { schedule } = state.network;
  for (const end of [0, 1] as const) {
    const half = halfTo(state, end);
    half.line.pipes.delete(half);
    if (end === byEnd) continue;
    const isNow = end === noticedBy;
    // Over a line that is cut no farewell comes: the other end waits until it has heard nothing for too long.
    const waitMs = half.line.cutCount > 0 ? patienceOf(state, end, -2) : farewellOf(state, end);
    schedule.at(schedule.nowMs + (isNow ? 0 : waitMs), () => state.ends[end].closed());
  }
};

const farewellOf = <Message>({ network, number }: Connecting<Message>, end: 0 | 1): number =>
  Math.floor(network.draw("connection", number, end, -1) * FAREWELL_MS);

const halfTo = <Message>(state: Connecting<Message>, end: 0 | 1): Half<Message> => {
  const half = state.halves[end];
  if (half === undefined) throw new Error("a connection has two ends");
  return half;
};
