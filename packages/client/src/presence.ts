/** Who is here: the presence messages of a space on one side, y-protocols `Awareness` objects on the other. */
import { SyncError } from "@syncline/machine";
import { createDecoder, readVarUint } from "lib0/decoding";
import {
  applyAwarenessUpdate,
  type Awareness,
  encodeAwarenessUpdate,
  modifyAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import { fenced } from "./events.ts";

/** What presence needs of its space. */
export interface PresencePorts {
  /** As whose doing others appear in the Awareness objects. */
  readonly origin: unknown;
  /** Says something of one client; empty bytes when it is gone. */
  submit(key: number, bytes: Uint8Array): void;
  /** Something is to be said: call `flush` soon, after the edits that were made before it. */
  changed(): void;
  failed(error: SyncError): void;
}

/** The presence of one space. */
export interface Presence {
  /** Shares what this Awareness says of its own client, and shows it the others. Returns what ends it. */
  attach(awareness: Awareness): () => void;
  /** Somebody else's presence. */
  received(key: number, bytes: Uint8Array): void;
  /** Says what has changed. */
  flush(): void;
  /** A connection begins. */
  connected(): void;
  /** It is gone, and the others with it. */
  disconnected(): void;
  /** The page is being left: says that its clients are gone. */
  left(): void;
  /** The page that was left is back. */
  returned(): void;
  /** Says that its clients are gone, and leaves the Awareness objects alone from now on. */
  close(): void;
}

interface State {
  readonly ports: PresencePorts;
  /** What ends each attachment. */
  readonly attached: Map<Awareness, () => void>;
  /** The newest of everybody else, for an Awareness that is attached later. */
  readonly bytesByKey: Map<number, Uint8Array>;
  readonly changed: Set<Awareness>;
  readonly stateBeforeLeaving: Map<Awareness, AwarenessState>;
}

type AwarenessState = NonNullable<ReturnType<Awareness["getLocalState"]>>;

interface AwarenessChange {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
}

/** Nobody is here. */
export const createPresence = (ports: PresencePorts): Presence => {
  const state: State = {
    ports,
    attached: new Map(),
    bytesByKey: new Map(),
    changed: new Set(),
    stateBeforeLeaving: new Map(),
  };
  return {
    attach: (awareness) => attach(state, awareness),
    received: (key, bytes) => {
      receive(state, key, bytes);
    },
    flush: () => {
      flush(state);
    },
    connected: () => {
      for (const awareness of state.attached.keys()) announce(awareness);
      flush(state);
    },
    disconnected: () => {
      for (const key of Array.from(state.bytesByKey.keys())) forget(state, key);
    },
    left: () => {
      leave(state);
    },
    returned: () => {
      for (const [awareness, own] of state.stateBeforeLeaving) setLocalState(awareness, own);
      state.stateBeforeLeaving.clear();
    },
    close: () => {
      for (const stop of Array.from(state.attached.values())) stop();
    },
  };
};

/**
 * Says the same again under the next number of its clock.
 *
 * When a connection ends its home tells everybody that the client is gone. They then take no state of it that is not newer than the last.
 */
const announce = (awareness: Awareness): void => {
  const own = awareness.getLocalState();
  if (own !== null) setLocalState(awareness, own);
};

/** Listeners' exceptions are the application's, and must not keep a space from joining or leaving. */
const setLocalState = (awareness: Awareness, own: AwarenessState | null): void => {
  fenced(() => {
    awareness.setLocalState(own);
  });
};

const attach = (state: State, awareness: Awareness): (() => void) => {
  const { ports, attached, bytesByKey } = state;
  const known = attached.get(awareness);
  if (known !== undefined) return known;
  const whenUpdated = ({ added, updated, removed }: AwarenessChange, origin: unknown): void => {
    if (origin === ports.origin) return;
    if (![...added, ...updated, ...removed].includes(awareness.clientID)) return;
    state.changed.add(awareness);
    ports.changed();
  };
  const stop = (): void => {
    if (attached.get(awareness) !== stop) return;
    awareness.off("update", whenUpdated);
    attached.delete(awareness);
    state.changed.delete(awareness);
    tell(state, awareness, gone);
    const others = [...bytesByKey.keys(), ...ownKeys(state)];
    removeStates(state, awareness, others);
  };
  attached.set(awareness, stop);
  awareness.on("update", whenUpdated);
  for (const bytes of bytesByKey.values()) apply(state, awareness, bytes);
  for (const other of attached.keys()) {
    if (other !== awareness) apply(state, awareness, bytesOf(other));
  }
  announce(awareness);
  return stop;
};

const gone = new Uint8Array();

const ownKeys = (state: State): readonly number[] =>
  [...state.attached.keys()].map(({ clientID }) => clientID);

const bytesOf = (awareness: Awareness): Uint8Array =>
  awareness.getLocalState() === null
    ? gone
    : encodeAwarenessUpdate(awareness, [awareness.clientID]);

const flush = (state: State): void => {
  const changed = [...state.changed];
  state.changed.clear();
  for (const awareness of changed) {
    // A state that JSON cannot have is the application's doing, too.
    fenced(() => {
      tell(state, awareness, bytesOf(awareness));
    });
  }
};

/** Tells the space, and the other Awareness objects on this side of it, which the space does not send it back to. */
const tell = (state: State, awareness: Awareness, bytes: Uint8Array): void => {
  const key = awareness.clientID;
  state.ports.submit(key, bytes);
  for (const other of state.attached.keys()) {
    if (other === awareness) continue;
    if (bytes.length === 0) removeStates(state, other, [key]);
    else apply(state, other, bytes);
  }
};

const receive = (state: State, key: number, bytes: Uint8Array): void => {
  const own = [...state.attached.keys()].find((awareness) => awareness.clientID === key);
  if (own !== undefined) {
    // An old connection of this client was taken for lost only now, and everybody was told so.
    if (bytes.length === 0) announce(own);
    return;
  }
  if (bytes.length === 0) return forget(state, key);
  if (!isWellFormed(state, bytes)) return;
  // An Awareness passes over an older state by itself. One that is attached later must not be given it as the newest.
  const known = state.bytesByKey.get(key);
  if (known === undefined || clockIn(bytes) >= clockIn(known)) state.bytesByKey.set(key, bytes);
  for (const awareness of state.attached.keys()) apply(state, awareness, bytes);
};

const isWellFormed = (state: State, bytes: Uint8Array): boolean => {
  try {
    modifyAwarenessUpdate(bytes, (one: unknown) => one);
    return true;
  } catch (cause) {
    const text = "what a client says of itself cannot be read";
    state.ports.failed(new SyncError("BAD_PAYLOAD", text, { cause }));
    return false;
  }
};

/** The number under which a client says this of itself: the first entry's, since there is one for each key. */
const clockIn = (bytes: Uint8Array): number => {
  const decoder = createDecoder(bytes);
  if (readVarUint(decoder) === 0) return 0;
  readVarUint(decoder);
  return readVarUint(decoder);
};

const apply = (state: State, awareness: Awareness, bytes: Uint8Array): void => {
  if (bytes.length === 0) return;
  // The bytes are good, so what is thrown is a listener's.
  fenced(() => {
    applyAwarenessUpdate(awareness, bytes, state.ports.origin);
  });
};

const forget = (state: State, key: number): void => {
  state.bytesByKey.delete(key);
  for (const awareness of state.attached.keys()) removeStates(state, awareness, [key]);
};

/** Removes others. Their clocks are forgotten too: a home that is asked again says the same of them under the same number. */
const removeStates = (state: State, awareness: Awareness, keys: readonly number[]): void => {
  const others = keys.filter((key) => key !== awareness.clientID);
  fenced(() => {
    removeAwarenessStates(awareness, others, state.ports.origin);
  });
  for (const key of others) awareness.meta.delete(key);
};

const leave = (state: State): void => {
  for (const awareness of state.attached.keys()) {
    const own = awareness.getLocalState();
    if (own === null) continue;
    state.stateBeforeLeaving.set(awareness, own);
    setLocalState(awareness, null);
  }
  flush(state);
};
