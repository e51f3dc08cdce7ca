/** What scenarios do, and how much of it. */

/** A scenario's shape. */
export type ScenarioParameters =
  | TypingParameters
  | IdleParameters
  | JoinParameters
  | PresenceParameters
  | ReconnectParameters
  | RestartParameters
  | HistoryParameters;

/** Authors type, readers see it. */
export interface TypingParameters {
  readonly kind: "typing";
  readonly rooms: number;
  /** In each room, beside its one author. */
  readonly readers: number;
  /** In each room. */
  readonly updates: number;
  /** When an author sends its next update. */
  readonly pace:
    | { readonly kind: "in-flight"; readonly count: number }
    | { readonly kind: "rate"; readonly perSecond: number };
  /** What is typed before anything is measured. */
  readonly warmUp: WarmUp;
  /** Between the warm-up and what is measured. */
  readonly restMs: number;
}

/**
 * The same is typed in as many other rooms, the same for every server. Its authors do not wait for a clock, whatever the pace of what is measured: code is
 * compiled after so many calls, not after so long.
 */
interface WarmUp {
  /** In each room. */
  readonly updates: number;
  /** Of each author: the next is sent when all readers have the oldest of so many. */
  readonly inFlight: number;
}

/** Rooms with a history and one client each, who does nothing any more, and who leaves. */
export interface IdleParameters {
  readonly kind: "idle";
  readonly rooms: number;
  readonly updates: number;
  /** How long the server is left alone before its memory is read. */
  readonly restMs: number;
}

/** Many open one large document at once. */
export interface JoinParameters {
  readonly kind: "join";
  readonly clients: number;
  readonly documentBytes: number;
  readonly restMs: number;
}

/** Everybody in one room moves their cursor, evenly spread over time. */
export interface PresenceParameters {
  readonly kind: "presence";
  readonly clients: number;
  readonly movesEach: number;
  readonly everyMs: number;
  readonly restMs: number;
}

/** One client comes back to many documents. */
export interface ReconnectParameters {
  readonly kind: "reconnect";
  readonly documents: number;
  readonly changed: number;
  /** Keystrokes that each document has. */
  readonly keystrokes: number;
  /** Before each visit. */
  readonly restMs: number;
}

/** A server starts with many rooms on its disk. */
export interface RestartParameters {
  readonly kind: "restart";
  readonly rooms: number;
  readonly phase: "fill" | "check";
  /** Before the server is ended: some write what they were told with a delay. */
  readonly restMs: number;
}

/** A document with a long history, which is then opened. */
export interface HistoryParameters {
  readonly kind: "history";
  readonly updates: number;
  readonly inFlight: number;
}
