/** A socket that comes back: it connects, and after each loss connects again, to the next address. */
import { afterLoss, afterOpening, type Backoff, freshBackoff, waitMs } from "./backoff.ts";
import { closeCode, isPermanent } from "./close-codes.ts";
import type { Connection } from "./connection.ts";
import { dial, type DialHandlers } from "./dial.ts";
import { settleSocketOptions, type SocketOptions, type SocketSettings } from "./socket-options.ts";
import { onWake } from "./wake.ts";

/** Where a reconnecting socket is: trying, connected, between two attempts, or at its end (`close`, or refused for good). */
export type SocketState = "connecting" | "open" | "waiting" | "closed";

/** What `openSocket` returns. */
export interface ReconnectingSocket {
  readonly state: SocketState;
  /** The address of the connection or attempt, or of the next attempt. */
  readonly url: string;
  /** Bytes handed to `send` and not yet passed to the system; 0 when not open. */
  readonly bufferedBytes: number;
  /** Passes a frame on if the socket is open, and drops it otherwise: what must arrive is sent again after `opened`. */
  send(frame: Uint8Array): void;
  /** Ends the socket for good; `closed` is called, if it was not waiting, before this returns. Idempotent. */
  close(): void;
  /** Tries now: in place of waiting, after having been refused, or, if open, anew at the same address. Nothing after `close`. */
  reconnect(): void;
}

type Phase =
  | { readonly kind: "connecting" | "open"; readonly connection: Connection }
  | { readonly kind: "waiting"; readonly untilMs: number; stopTimer(): void }
  | { readonly kind: "closed" };

interface Socket {
  readonly settings: SocketSettings;
  phase: Phase;
  urlIndex: number;
  backoff: Backoff;
  /** What the owner has asked for, if the loss that comes next is of its making. "close" stays. */
  intent: "close" | "reconnect" | null;
  stopWaking: () => void;
}

/**
 * Connects to the first of the addresses, and from then on stays connected as well as it can.
 *
 * Waits are drawn with full jitter and grow with each round of failures (see `backoff.ts`); close codes 4400–4499 end the attempts.
 * Handlers are never called within this function. Exceptions of handlers are not caught: they are the caller's bugs.
 * @throws SyncError `BAD_CONFIG` for an address or number that cannot work, or a runtime that has no WebSocket.
 */
export const openSocket = (options: SocketOptions): ReconnectingSocket => {
  const socket: Socket = {
    settings: settleSocketOptions(options),
    phase: { kind: "closed" },
    urlIndex: 0,
    backoff: freshBackoff,
    intent: null,
    stopWaking: () => {},
  };
  socket.stopWaking = onWake(() => {
    wake(socket);
  });
  attempt(socket);
  return faceOf(socket);
};

const faceOf = (socket: Socket): ReconnectingSocket => ({
  get state() {
    return socket.phase.kind;
  },
  get url() {
    return urlOf(socket);
  },
  get bufferedBytes() {
    return socket.phase.kind === "open" ? socket.phase.connection.bufferedBytes : 0;
  },
  send: (frame) => {
    if (socket.phase.kind === "open") socket.phase.connection.send(frame);
  },
  close: () => {
    close(socket);
  },
  reconnect: () => {
    reconnect(socket);
  },
});

const urlOf = ({ settings, urlIndex }: Socket): string => settings.urls[urlIndex] ?? "";

const attempt = (socket: Socket): void => {
  const connection = dial(urlOf(socket), socket.settings, handlersFor(socket));
  socket.phase = { kind: "connecting", connection };
};

const handlersFor = (socket: Socket): DialHandlers => {
  const { settings } = socket;
  const url = urlOf(socket);
  return {
    opened: (connection) => {
      socket.phase = { kind: "open", connection };
      socket.backoff = afterOpening(socket.backoff, performance.now());
      settings.opened(connection, url);
    },
    frame: (bytes) => {
      settings.frame(bytes);
    },
    closed: (code, reason) => {
      lose(socket, code, reason);
    },
    congested: () => settings.congested?.(),
    drained: () => settings.drained?.(),
    ...(settings.text === undefined ? {} : { text: () => settings.text?.() }),
  };
};

/** The one connection or attempt has ended. The next step stands before the owner is told, who may then change it. */
const lose = (socket: Socket, code: number, reason: string): void => {
  const { settings, intent } = socket;
  const url = urlOf(socket);
  const wasOpen = socket.phase.kind === "open";
  const isRefused = intent === null && isPermanent(code);
  if (intent === "reconnect") socket.intent = null;

  let retryDelayMs: number | null = null;
  if (intent === "close" || isRefused) socket.phase = { kind: "closed" };
  else retryDelayMs = intent === "reconnect" ? 0 : nextDelayMs(socket);
  if (retryDelayMs !== null) wait(socket, retryDelayMs);

  settings.closed({ code, reason, url, wasOpen, retryDelayMs });
  if (isRefused) settings.refused?.(code, reason);
};

/** Moves on to the next address and draws the wait before it. */
const nextDelayMs = (socket: Socket): number => {
  const { settings } = socket;
  const addressCount = settings.urls.length;
  socket.urlIndex = (socket.urlIndex + 1) % addressCount;
  socket.backoff = afterLoss(socket.backoff, settings, performance.now());
  return waitMs(socket.backoff, { ...settings, addressCount }, settings.random());
};

/** The timer keeps a Node process alive, as the connection would that it stands for. */
const wait = (socket: Socket, delayMs: number): void => {
  const timer = setTimeout(() => {
    attempt(socket);
  }, delayMs);
  socket.phase = {
    kind: "waiting",
    untilMs: performance.now() + delayMs,
    stopTimer: () => {
      clearTimeout(timer);
    },
  };
};

/** Shortens a wait. Not to nothing: a whole office comes back online at the same moment. */
const wake = (socket: Socket): void => {
  const { phase, settings } = socket;
  if (phase.kind !== "waiting") return;
  const delayMs = settings.random() * settings.baseMs;
  if (performance.now() + delayMs >= phase.untilMs) return;
  phase.stopTimer();
  wait(socket, delayMs);
};

const reconnect = (socket: Socket): void => {
  const { phase } = socket;
  if (socket.intent === "close" || phase.kind === "connecting") return;
  if (phase.kind === "open") {
    socket.intent = "reconnect";
    phase.connection.close(closeCode.normal, "connects anew");
    return;
  }
  if (phase.kind === "waiting") phase.stopTimer();
  attempt(socket);
};

const close = (socket: Socket): void => {
  const { phase } = socket;
  socket.stopWaking();
  socket.intent = "close";
  if (phase.kind === "waiting") phase.stopTimer();
  if (phase.kind === "connecting" || phase.kind === "open") {
    phase.connection.close(closeCode.normal, "");
  }
  socket.phase = { kind: "closed" };
};
