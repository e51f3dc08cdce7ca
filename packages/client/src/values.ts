/** The values of a space: opened or not, changed here or elsewhere. */
import type { Crdt } from "@syncline/crdt";
import type { Batch } from "@syncline/gossip";
import { SyncError } from "@syncline/machine";
import type { DocumentTypes } from "./document-types.ts";
import { openValue } from "./open-value.ts";
import type { OpenValue, ValuePorts } from "./value-parts.ts";
import type { SpaceValue } from "./value.ts";

/** How long after a home refused a time that is too far ahead it is offered again, and how soon an early batch is looked at again at most. */
const clockRetryMs = 10_000;
/** Bytes of batches that are kept until their time has come; beyond it the oldest are let go. */
const earlyBytesMax = 1024 * 1024;
/** How far ahead a time may be; see `@syncline/clocks`. */
const driftMaxMs = 60_000;

/** What the values of a space need of it. */
export interface ValuesPorts extends Omit<
  ValuePorts,
  "waits" | "early" | "heldBackChanged" | "send"
> {
  readonly types: DocumentTypes;
  /** Sends what was gathered, now. */
  flush(): void;
  /** Sends a batch, after what was gathered. */
  send(batch: Batch): void;
  /** Something is held back, or is not any more. */
  heldBackChanged(): void;
}

/** All values of a space. */
export interface Values {
  /** The value of this name; throws `TYPE_MISMATCH`. */
  open<State, Value, M extends object>(
    name: string,
    type: Crdt<State, Value, M>,
  ): SpaceValue<State, Value, M>;
  /** Makes one batch for each value that `change` changes, and tells each's listeners once. */
  transact<Result>(change: () => Result): Result;
  /** What a transaction has changed so far leaves before what comes now. */
  leave(): void;
  /** Takes in what others wrote; who listens is told by `tell`. */
  receive(batches: readonly Batch[]): void;
  tell(): void;
  /** Everything that is here, a batch for each value, or what it came in. */
  states(): readonly Batch[];
  /** A batch was not taken. If it is spelled anew, `resent` is called once what stands in its place was handed to the batcher. */
  refused(batch: Batch, error: SyncError, resent?: () => void): void;
  /** There is room in the outbox again. */
  retry(): void;
  /** Another home serves the space, which may take what the last did not. */
  welcomed(): void;
  /** Why changes of some value are held back; null if none are. */
  readonly heldBackError: SyncError | null;
  readonly heldBackCount: number;
  /** Nothing more comes; who waits is told why. */
  close(error: SyncError): void;
}

interface Early {
  readonly value: OpenValue;
  readonly payload: Uint8Array;
}

interface State {
  readonly ports: ValuesPorts;
  readonly opened: Map<string, OpenValue>;
  /** Payloads of values that nobody has opened: without the type they cannot be joined. */
  readonly unopened: Map<string, Uint8Array[]>;
  readonly heldBack: Set<OpenValue>;
  /** Those that a transaction has changed, and those that have changed elsewhere. */
  readonly touched: Set<OpenValue>;
  readonly changed: Set<OpenValue>;
  depth: number;
  early: Early[];
  earlyBytes: number;
  isEarlyWaiting: boolean;
  isEarlyTold: boolean;
  readonly timers: Set<ReturnType<typeof setTimeout>>;
}

/** No values yet. */
export const createValues = (ports: ValuesPorts): Values => {
  const state: State = {
    ports,
    opened: new Map(),
    unopened: new Map(),
    heldBack: new Set(),
    touched: new Set(),
    changed: new Set(),
    depth: 0,
    early: [],
    earlyBytes: 0,
    isEarlyWaiting: false,
    isEarlyTold: false,
    timers: new Set(),
  };
  return {
    open: (name, type) => open(state, name, type),
    transact: (change) => transact(state, change),
    leave: () => {
      for (const value of state.touched) value.leave();
    },
    receive: (batches) => {
      receive(state, batches);
    },
    tell: () => {
      tell(state);
    },
    states: () => statesOf(state),
    refused: ({ document, payload }, error, resent = () => {}) => {
      const value = state.opened.get(document);
      if (value !== undefined) return value.refused(payload, error, resent);
      ports.failed(error);
      resent();
    },
    retry: () => {
      retryThose(state, "OUTBOX_FULL");
    },
    welcomed: () => {
      for (const code of ["UNKNOWN_TYPE", "TYPE_MISMATCH", "BAD_PAYLOAD", "ABOVE_FENCE"]) {
        retryThose(state, code);
      }
    },
    get heldBackError() {
      const [first] = state.heldBack;
      return first?.error ?? null;
    },
    get heldBackCount() {
      return state.heldBack.size;
    },
    close: (error) => {
      for (const value of state.opened.values()) value.ended(error);
      for (const timer of state.timers) clearTimeout(timer);
    },
  };
};

const open = <S, Value, M extends object>(
  state: State,
  name: string,
  type: Crdt<S, Value, M>,
): SpaceValue<S, Value, M> => {
  state.ports.types.claim(name, type.name);
  const known = state.opened.get(name);
  // The claim has compared the names, and two types with one name are one type.
  if (known !== undefined) return known.handle as SpaceValue<S, Value, M>;
  const value = openValue(name, type, portsOf(state));
  state.opened.set(name, value);
  const payloads = state.unopened.get(name) ?? [];
  state.unopened.delete(name);
  value.receive(payloads);
  value.tell();
  return value.handle as SpaceValue<S, Value, M>;
};

const portsOf = (state: State): ValuePorts => {
  const { ports, heldBack, touched } = state;
  return {
    ...ports,
    waits: (value) => {
      if (state.depth === 0) return false;
      touched.add(value);
      return true;
    },
    send: ({ name, type }, payload) => {
      ports.send({ document: name, type, payload });
    },
    early: (value, payload, aheadMs) => {
      keepEarly(state, { value, payload }, aheadMs);
    },
    heldBackChanged: (value) => {
      if (value.error === null) heldBack.delete(value);
      else heldBack.add(value);
      if (value.error?.code === "CLOCK_AHEAD") later(state, clockRetryMs, () => value.retry());
      ports.heldBackChanged();
    },
  };
};

const later = (state: State, delayMs: number, call: () => void): void => {
  const timer = setTimeout(() => {
    state.timers.delete(timer);
    call();
  }, delayMs);
  state.timers.add(timer);
};

const transact = <Result>(state: State, change: () => Result): Result => {
  state.depth += 1;
  try {
    return change();
  } finally {
    state.depth -= 1;
    if (state.depth === 0) endTransaction(state);
  }
};

/** What was changed before an exception stays changed, as in Yjs. */
const endTransaction = (state: State): void => {
  const touched = [...state.touched];
  for (const value of touched) value.leave();
  state.touched.clear();
  // One batch right after the other: whoever gets them with one frame sees them together.
  if (touched.length > 1) state.ports.flush();
  for (const value of touched) value.tell();
};

const receive = (state: State, batches: readonly Batch[]): void => {
  const payloadsByValue = new Map<OpenValue, Uint8Array[]>();
  for (const { document, payload } of batches) {
    const value = state.opened.get(document);
    const payloads =
      (value === undefined ? state.unopened.get(document) : payloadsByValue.get(value)) ?? [];
    payloads.push(payload);
    if (value === undefined) state.unopened.set(document, payloads);
    else payloadsByValue.set(value, payloads);
  }
  for (const [value, payloads] of payloadsByValue) {
    value.receive(payloads);
    state.changed.add(value);
  }
};

const tell = (state: State): void => {
  const changed = [...state.changed];
  state.changed.clear();
  for (const value of changed) value.tell();
};

/**
 * Keeps a batch of somebody whose clock is far ahead, or who seems so because this one's is behind, until its time has come.
 *
 * Applied, it would win against everything that is written until then; dropped, this replica would miss it for good.
 */
const keepEarly = (state: State, one: Early, aheadMs: number): void => {
  state.early.push(one);
  state.earlyBytes += one.payload.length;
  while (state.earlyBytes > earlyBytesMax) {
    state.earlyBytes -= state.early.shift()?.payload.length ?? 0;
  }
  if (state.isEarlyWaiting) return;
  state.isEarlyWaiting = true;
  later(state, Math.min(Math.max(aheadMs - driftMaxMs, 0) + 1, clockRetryMs), () => {
    state.isEarlyWaiting = false;
    lookAgain(state);
  });
  if (state.isEarlyTold) return;
  state.isEarlyTold = true;
  const text = `a batch of "${one.value.name}" is of a time ${aheadMs} ms ahead of this clock; it is shown when the clocks agree`;
  state.ports.failed(new SyncError("CLOCK_AHEAD", text));
};

const lookAgain = (state: State): void => {
  const { early } = state;
  state.early = [];
  state.earlyBytes = 0;
  for (const { value, payload } of early) {
    value.receive([payload]);
    value.tell();
  }
  state.isEarlyTold = state.early.length > 0;
};

const statesOf = (state: State): readonly Batch[] => {
  const batches: Batch[] = [];
  for (const value of state.opened.values()) {
    const payload = value.joined();
    if (payload !== null && payload.length <= state.ports.batchBytesMax) {
      batches.push({ document: value.name, type: value.type, payload });
    }
  }
  for (const [document, payloads] of state.unopened) {
    const type = state.ports.types.typeByName.get(document) ?? "";
    for (const payload of payloads) batches.push({ document, type, payload });
  }
  for (const { value, payload } of state.early) {
    batches.push({ document: value.name, type: value.type, payload });
  }
  return batches;
};

const retryThose = (state: State, code: string): void => {
  for (const value of Array.from(state.heldBack)) if (value.error?.code === code) value.retry();
};
