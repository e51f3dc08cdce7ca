/** Who is here, as a client of the simulated spaces knows it: like `Awareness`, each says something of itself under a key and a clock that only grows. */
import { createDecoder, readVarUint } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint } from "lib0/encoding";

/** What one edge's application shows of itself and sees of others. */
export interface PresenceClient {
  /** Its name among all clients of the world; another one after each restart. */
  readonly key: number;
  /** The clock of what it shows, or null while it shows nothing. */
  readonly shown: number | null;
  /** The clocks of all others that it sees, by key. */
  readonly seen: ReadonlyMap<number, number>;
  /** Shows something new, or nothing any more. */
  show(isHere: boolean): void;
  connected(): void;
  disconnected(): void;
  /** Somebody's presence; empty bytes when it is gone. */
  received(key: number, bytes: Uint8Array): void;
}

/** Begins what one client shows, so that it is known wherever it turns up. No payload of items begins with it. */
const MARK = 0x7fff_ffff;
/** The first byte of the mark, by which nearly all else is told apart at once: every batch that comes to a disk is asked. */
const FIRST_BYTE = 0xff;

/** Whether these bytes are what a client showed of itself, which belongs on no disk. */
export const isPresence = (bytes: Uint8Array): boolean =>
  bytes.length > 4 && bytes[0] === FIRST_BYTE && readVarUint(createDecoder(bytes)) === MARK;

const bytesOf = (clock: number): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, MARK);
  writeVarUint(encoder, clock);
  return toUint8Array(encoder);
};

const clockIn = (bytes: Uint8Array): number => {
  const decoder = createDecoder(bytes);
  if (readVarUint(decoder) !== MARK) throw new Error("presence is what nobody has shown");
  return readVarUint(decoder);
};

const gone = new Uint8Array();

/** A client that shows nothing and sees nobody. `submit` says what it shows. */
export const createPresenceClient = (
  key: number,
  submit: (bytes: Uint8Array) => void,
): PresenceClient => {
  const seen = new Map<number, number>();
  let clock = 0;
  let isHere = false;
  const announce = (): void => {
    clock += 1;
    submit(bytesOf(clock));
  };
  return {
    key,
    seen,
    get shown() {
      return isHere ? clock : null;
    },
    show: (willBeHere) => {
      if (!isHere && !willBeHere) return;
      isHere = willBeHere;
      if (isHere) announce();
      else submit(gone);
    },
    // An end of the connection before may be told late. Whoever is told that takes a newer state only.
    connected: () => {
      if (isHere) announce();
    },
    disconnected: () => seen.clear(),
    received: (other, bytes) => {
      if (other === key) {
        // A connection that it had before was taken for lost only now, and everybody was told so.
        if (bytes.length === 0 && isHere) announce();
        return;
      }
      if (bytes.length === 0) {
        seen.delete(other);
        return;
      }
      seen.set(other, Math.max(clockIn(bytes), seen.get(other) ?? 0));
    },
  };
};

/** What one of these clients does not see as it is, or null: all who are here in their newest state, and nobody else. */
export const whyNotSeen = (clients: readonly PresenceClient[]): string | null => {
  const shown = new Map<number, number>();
  for (const client of clients) if (client.shown !== null) shown.set(client.key, client.shown);
  for (const { key, seen } of clients) {
    for (const [other, clock] of seen) {
      if (!shown.has(other)) return `client ${key} sees client ${other}, which is gone`;
      if (shown.get(other) !== clock) return `client ${key} sees an old state of client ${other}`;
    }
    for (const other of shown.keys()) {
      if (other !== key && !seen.has(other)) return `client ${key} does not see client ${other}`;
    }
  }
  return null;
};
