/** Whether the other side is still there, for both ends of a connection: heartbeats when there is nothing to say, an end when nothing is heard. */
import { startTimer } from "./timer.ts";

/** The times of liveness, in milliseconds. An infinite one switches its part off. */
export interface LivenessSettings {
  /** A side that has sent nothing for this long sends a heartbeat. */
  readonly heartbeatMs: number;
  /** A side that has received nothing for this long sends a ping (servers only; browsers have none to send). */
  readonly pingMs: number;
  /** A side that has received nothing for this long holds the other for gone. */
  readonly silenceMs: number;
}

/** When what last happened, on one clock that never goes back. */
export interface LastSigns {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly pingedAtMs: number;
}

/** What an examination found. */
export interface Findings {
  readonly isHeartbeatDue: boolean;
  readonly isPingDue: boolean;
  readonly isSilent: boolean;
  /** When to look again at the latest: the first of the three times, once what is due now is done. May be infinite. */
  readonly nextAtMs: number;
}

/** What is due now. Pure; the watch below does what it says. */
export const examine = (signs: LastSigns, settings: LivenessSettings, nowMs: number): Findings => {
  const askedAtMs = Math.max(signs.receivedAtMs, signs.pingedAtMs);
  const isHeartbeatDue = nowMs - signs.sentAtMs >= settings.heartbeatMs;
  const isPingDue = nowMs - askedAtMs >= settings.pingMs;
  return {
    isHeartbeatDue,
    isPingDue,
    isSilent: nowMs - signs.receivedAtMs >= settings.silenceMs,
    nextAtMs: Math.min(
      (isHeartbeatDue ? nowMs : signs.sentAtMs) + settings.heartbeatMs,
      (isPingDue ? nowMs : askedAtMs) + settings.pingMs,
      signs.receivedAtMs + settings.silenceMs,
    ),
  };
};

/** What a watch asks its owner to do. */
export interface LivenessPorts {
  /** Send a heartbeat. */
  heartbeat(): void;
  /** Send a ping. */
  ping(): void;
  /** The other side is gone. Called at most once; the watch has stopped. */
  silent(): void;
  /**
   * How many bytes have arrived on the wire so far, parts of frames included; leave it out where that cannot be known.
   * With it, a frame of many megabytes that takes longer than `silenceMs` to arrive is no silence.
   */
  arrivedBytes?(): number;
}

/** A running watch. It holds one timer, whatever the traffic. */
export interface Liveness {
  /** Something was sent. */
  sent(): void;
  /** A whole frame, ping or pong arrived. */
  received(): void;
  /** Ends the watch; idempotent. */
  stop(): void;
}

/** Fewer bytes than these from one check to the next are no progress of a large frame but somebody who holds a connection for nothing. */
const progressBytesMin = 4096;

/** Watches over a connection that has just opened. Each call of `sent` and `received` costs one reading of the clock. */
export const watchLiveness = (settings: LivenessSettings, ports: LivenessPorts): Liveness => {
  const nowMs = performance.now();
  const watch = new Watch(settings, ports, nowMs);
  arm(watch, examine(watch.signs, settings, nowMs).nextAtMs, nowMs);
  return watch;
};

/** A class, since a server has one for each connection: closures would cost more than the state. */
class Watch implements Liveness {
  readonly settings: LivenessSettings;
  readonly ports: LivenessPorts;
  readonly signs: { -readonly [Sign in keyof LastSigns]: number };
  /** What had arrived at the first check after the last whole frame, or null if there was no check since. */
  arrivedBytes: number | null = null;
  /** A late check has been forgiven, and nothing was received since. */
  isForgiven = false;
  isStopped = false;
  cancel: () => void = nothing;

  constructor(settings: LivenessSettings, ports: LivenessPorts, nowMs: number) {
    this.settings = settings;
    this.ports = ports;
    this.signs = { sentAtMs: nowMs, receivedAtMs: nowMs, pingedAtMs: nowMs };
  }

  sent(): void {
    this.signs.sentAtMs = performance.now();
  }

  received(): void {
    noteReceived(this);
  }

  stop(): void {
    stop(this);
  }
}

const nothing = (): void => {};

const noteReceived = (watch: Watch): void => {
  if (watch.isStopped) return;
  const nowMs = performance.now();
  watch.signs.receivedAtMs = nowMs;
  watch.arrivedBytes = null;
  watch.isForgiven = false;
  // Browsers let the timers of a hidden page run once a minute, which is longer than the other side waits, but deliver what
  // arrives at once. So the other side's heartbeats carry ours. Half of the time suffices for "a while ago", and since a
  // heartbeat sent is a frame sent, two sides cannot go on answering each other.
  if (nowMs - watch.signs.sentAtMs >= watch.settings.heartbeatMs / 2) beat(watch, nowMs);
};

const beat = (watch: Watch, nowMs: number): void => {
  watch.signs.sentAtMs = nowMs;
  watch.ports.heartbeat();
};

const arm = (watch: Watch, atMs: number, nowMs: number): void => {
  watch.cancel = startTimer(Math.max(1, atMs - nowMs), () => {
    check(watch, performance.now() - atMs);
  });
};

const check = (watch: Watch, lateMs: number): void => {
  if (watch.isStopped) return;
  const nowMs = performance.now();
  if (nowMs - watch.signs.receivedAtMs >= watch.settings.silenceMs) {
    excuse(watch, { nowMs, lateMs });
  }
  watch.arrivedBytes ??= watch.ports.arrivedBytes?.() ?? null;

  const findings = examine(watch.signs, watch.settings, nowMs);
  if (findings.isSilent) {
    stop(watch);
    watch.ports.silent();
    return;
  }
  if (findings.isPingDue) {
    watch.signs.pingedAtMs = nowMs;
    watch.ports.ping();
  }
  if (findings.isHeartbeatDue) beat(watch, nowMs);
  // A port may have ended the connection, and this watch with it.
  if (!watch.isStopped) arm(watch, findings.nextAtMs, nowMs);
};

/** No frame was received for too long. There may be another explanation than that the other side is gone. */
const excuse = (watch: Watch, { nowMs, lateMs }: { nowMs: number; lateMs: number }): void => {
  const { signs, settings, ports } = watch;
  const arrivedBytes = ports.arrivedBytes?.() ?? null;
  if (arrivedBytes !== null && watch.arrivedBytes !== null) {
    const isProgress = arrivedBytes - watch.arrivedBytes >= progressBytesMin;
    watch.arrivedBytes = arrivedBytes;
    if (isProgress) {
      signs.receivedAtMs = nowMs;
      return;
    }
  }
  // A check that comes this late says that this process stood still (a debugger, a hidden page, a machine that slept), and
  // timers run before what has arrived meanwhile is read. The other side gets half of the time again, but once only: on a
  // hidden page every check is late.
  if (lateMs > settings.silenceMs / 8 && !watch.isForgiven) {
    signs.receivedAtMs = nowMs - settings.silenceMs / 2;
    watch.isForgiven = true;
  }
};

const stop = (watch: Watch): void => {
  watch.isStopped = true;
  watch.cancel();
};
