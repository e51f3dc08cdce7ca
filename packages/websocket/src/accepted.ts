/** A connection that the server has accepted: its queue, its liveness, and its owner's handlers behind a fence. */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { closeCode, codeOfError, cutReason, serverCode } from "./close-codes.ts";
import { type CongestionGauge, createCongestionGauge } from "./congestion.ts";
import type { Connection, ConnectionHandlers } from "./connection.ts";
import {
  type Liveness,
  type LivenessPorts,
  type LivenessSettings,
  watchLiveness,
} from "./liveness.ts";
import { createSendQueue, type SendQueue } from "./send-queue.ts";
import { type FrameJoiner, fragmentHeader } from "./server-frames.ts";
import type { Heartbeat, ListenSettings } from "./server-options.ts";
import { startTimer } from "./timer.ts";
import { atTurnEnd } from "./turn-end.ts";

/**
 * Frames go to the system in pieces of at most this many bytes, the next when the one before has been taken.
 *
 * The system tells of a write only when the whole of it is done. Were a document of 16 MB one write, a reader on a slow line
 * could not be told from one that is stuck: it would be cut off in the middle, come back, and begin again, for ever.
 */
const pieceBytesMax = 256 * 1024;
/** Frames that are due at once leave in one write, up to this many bytes: more would be copied for little. */
const joinedBytesMax = 64 * 1024;

/** What an accepted connection needs. */
export interface AcceptedOptions {
  readonly webSocket: WebSocket;
  /** The network socket below it. */
  readonly stream: Duplex & { readonly bytesRead?: number };
  readonly settings: ListenSettings;
  readonly heartbeat: Heartbeat | null;
  /** Shared by all connections of the server. */
  readonly joiner: FrameJoiner;
}

/** Takes charge of a WebSocket that has just opened; `accept` returns the connection's handlers. It is not kept: the request that it knows has many parts. */
export const takeCharge = (
  options: AcceptedOptions,
  accept: (connection: Connection) => ConnectionHandlers,
): Connection => {
  const line = new Line(options);
  listen(line);
  line.liveness = watchLiveness(livenessOf(line), line);
  fence(line, () => {
    line.handlers = accept(line);
    // There was nobody to tell when it sent more than the mark at once.
    if (line.gauge.isCongested) line.handlers.congested?.();
  });
  return line;
};

const nothing = (): void => {};

/**
 * The connection, as its owner, its gauge and its watch know it.
 *
 * A class: most connections of a busy server are idle, and what each of them costs was mostly closures.
 */
class Line implements Connection, LivenessPorts {
  readonly webSocket: WebSocket;
  readonly stream: AcceptedOptions["stream"];
  readonly settings: ListenSettings;
  readonly heartbeatFrame: Uint8Array | null;
  readonly isMutual: boolean;
  readonly joiner: FrameJoiner;
  readonly queue: SendQueue = createSendQueue();
  readonly gauge: CongestionGauge;
  liveness: Liveness | null = null;
  /** Whether what is queued will be passed on at the end of this turn. */
  isPumpDue = false;
  handlers: ConnectionHandlers | null = null;
  /** Why this side is ending the connection, once it is. */
  ending: { readonly code: number; readonly reason: string } | null = null;
  stopStuckTimer: () => void = nothing;
  stopCloseTimer: () => void = nothing;

  constructor({ webSocket, stream, settings, heartbeat, joiner }: AcceptedOptions) {
    this.webSocket = webSocket;
    this.stream = stream;
    this.settings = settings;
    this.heartbeatFrame = heartbeat?.frame ?? null;
    this.isMutual = heartbeat?.isMutual ?? false;
    this.joiner = joiner;
    this.gauge = createCongestionGauge(settings, this);
  }

  send(frame: Uint8Array): void {
    send(this, frame);
  }

  close(code: number, reason: string): void {
    close(this, code, reason);
  }

  get bufferedBytes(): number {
    return bufferedBytesOf(this);
  }

  congested(): void {
    watchProgress(this);
    fence(this, () => this.handlers?.congested?.());
  }

  drained(): void {
    this.stopStuckTimer();
    fence(this, () => this.handlers?.drained?.());
  }

  heartbeat(): void {
    if (this.heartbeatFrame !== null) send(this, this.heartbeatFrame);
  }

  ping(): void {
    this.webSocket.ping();
  }

  silent(): void {
    cut(this, closeCode.silent, "nothing received for too long");
  }

  arrivedBytes(): number {
    return this.stream.bytesRead ?? 0;
  }
}

const bufferedBytesOf = ({ queue, webSocket }: Line): number =>
  queue.bytes + (webSocket.readyState === webSocket.CLOSED ? 0 : webSocket.bufferedAmount);

const listen = (line: Line): void => {
  const { webSocket, stream } = line;
  let errorCode: number | null = null;
  webSocket.on("message", (data, isBinary) => {
    if (line.ending === null) receive(line, data as Buffer, isBinary);
  });
  webSocket.on("ping", () => line.liveness?.received());
  webSocket.on("pong", () => line.liveness?.received());
  webSocket.on("error", (error) => {
    errorCode = codeOfError(error);
  });
  webSocket.on("close", (code, reason) => {
    const end = line.ending ?? { code: errorCode ?? code, reason: reason.toString() };
    line.ending = end;
    tidy(line);
    line.stopCloseTimer();
    line.queue.clear();
    fence(line, () => line.handlers?.closed(end.code, end.reason));
  });
  stream.on("drain", () => {
    drain(line);
  });
};

const livenessOf = ({ heartbeatFrame, isMutual, settings }: Line): LivenessSettings => {
  const { heartbeatMs, silenceMs, pingMs } = settings;
  const never = Number.POSITIVE_INFINITY;
  return {
    heartbeatMs: heartbeatFrame === null ? never : heartbeatMs,
    pingMs: isMutual ? never : pingMs,
    silenceMs: isMutual ? silenceMs : pingMs * 2,
  };
};

const receive = (line: Line, data: Buffer, isBinary: boolean): void => {
  line.liveness?.received();
  const { handlers } = line;
  if (isBinary) {
    // A plain view: a Buffer's `slice` does not copy where an array's does, and readers rely on that.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    fence(line, () => handlers?.frame(bytes));
  } else if (handlers?.text !== undefined) {
    fence(line, () => handlers.text?.());
  } else {
    close(line, closeCode.textFrame, "text frame");
  }
};

const send = (line: Line, frame: Uint8Array): void => {
  const { webSocket } = line;
  if (line.ending !== null || webSocket.readyState !== webSocket.OPEN) return;
  if (line.queue.bytesBehindFirst > line.settings.stuckBytes) {
    cut(line, closeCode.stuckReader, "reads too slowly");
    return;
  }
  line.queue.push(frame);
  if (line.queue.bytes >= joinedBytesMax) return passOn(line);
  if (line.isPumpDue) return;
  line.isPumpDue = true;
  atTurnEnd(() => {
    line.isPumpDue = false;
    if (!line.queue.isEmpty) passOn(line);
  });
};

const passOn = (line: Line): void => {
  line.liveness?.sent();
  pump(line);
  line.gauge.read(bufferedBytesOf(line));
};

/**
 * Passes frames on until the system wants no more; its `drain` event then calls again.
 *
 * Past `ws`, whose own `send` costs a system call for each frame. It still writes its pings and its close between frames, or between the
 * fragments of one, where they may stand.
 */
const pump = ({ queue, webSocket, stream, joiner }: Line): void => {
  while (!stream.writableNeedDrain && webSocket.readyState === webSocket.OPEN) {
    const frames = queue.shiftWhole(joinedBytesMax);
    if (frames.length > 0) {
      stream.write(joiner.join(frames));
      continue;
    }
    const piece = queue.shift(pieceBytesMax);
    if (piece === null) return;
    stream.cork();
    stream.write(fragmentHeader({ ...piece, byteCount: piece.bytes.length }));
    stream.write(piece.bytes);
    stream.uncork();
  }
};

const drain = (line: Line): void => {
  pump(line);
  if (line.ending === null) {
    if (line.gauge.isCongested) watchProgress(line);
    line.gauge.read(bufferedBytesOf(line));
  } else if (line.queue.isEmpty) {
    sendClose(line, line.ending);
  }
};

/** Cuts a congested reader off unless the next piece is taken in time. */
const watchProgress = (line: Line): void => {
  line.stopStuckTimer();
  line.stopStuckTimer = startTimer(line.settings.stuckMs, () => {
    cut(line, closeCode.stuckReader, "does not read");
  });
};

/** Ends the connection without sending what still waits. */
const cut = (line: Line, code: number, reason: string): void => {
  line.queue.clear();
  close(line, code, reason);
};

const close = (line: Line, code: number, reason: string): void => {
  if (line.ending !== null) return;
  line.ending = { code: serverCode(code), reason };
  tidy(line);
  line.stopCloseTimer = startTimer(line.settings.closeGraceMs, () => {
    line.webSocket.terminate();
  });
  pump(line);
  if (line.queue.isEmpty) sendClose(line, line.ending);
};

const sendClose = ({ webSocket }: Line, { code, reason }: { code: number; reason: string }): void =>
  webSocket.close(code, cutReason(reason));

const tidy = (line: Line): void => {
  line.liveness?.stop();
  line.stopStuckTimer();
};

/** Calls the owner. What it throws is its bug, and ends this connection, not the process and everybody else's. */
const fence = (line: Line, call: () => void): void => {
  try {
    call();
  } catch (error) {
    cut(line, closeCode.handlerFailed, "internal error");
    line.settings.failed?.(error);
  }
};
