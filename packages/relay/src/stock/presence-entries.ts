/** What y-protocols calls an awareness update: for each client its id, a clock, and its state as JSON text, `null` when it has left. */
import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeVarUint,
  writeVarUint8Array,
} from "lib0/encoding";
import { readWhole, takeCount, takeNumber, takeText } from "../document-reader.ts";

/** One client's presence. */
export interface PresenceEntry {
  readonly client: number;
  readonly clock: number;
  /** UTF-8 of the JSON text; not known to be JSON until `isJson`. */
  readonly json: Uint8Array;
}

const gone = new TextEncoder().encode("null");

/** The entries of an awareness update as views of it, or null if it is malformed. */
export const readPresences = (bytes: Uint8Array): readonly PresenceEntry[] | null => {
  const read = readWhole(bytes, (reader) => {
    const count = takeCount(reader, 3);
    const entries: PresenceEntry[] = [];
    for (let index = 0; index < count; index += 1) {
      const client = takeNumber(reader);
      const clock = takeNumber(reader);
      entries.push({ client, clock, json: takeText(reader) });
    }
    return entries;
  });
  return "why" in read ? null : read.value;
};

/** Writes an awareness update of these entries. */
export const writePresences = (encoder: Encoder, entries: readonly PresenceEntry[]): void => {
  writeVarUint(encoder, entries.length);
  for (const { client, clock, json } of entries) {
    writeVarUint(encoder, client);
    writeVarUint(encoder, clock);
    writeVarUint8Array(encoder, json);
  }
};

/** The awareness update of one client: what travels as presence in a space. */
export const encodePresence = (entry: PresenceEntry): Uint8Array => {
  const encoder = createEncoder();
  writePresences(encoder, [entry]);
  return toUint8Array(encoder);
};

/** Whether the entry says that its client has left. */
export const isGone = ({ json }: PresenceEntry): boolean =>
  json.length === gone.length && json.every((byte, index) => byte === gone[index]);

/** The end of a presence: at the same clock, as a server says it, so that a client that still lives answers with a higher one. */
export const goneEntry = (client: number, clock: number): PresenceEntry => ({
  client,
  clock,
  json: gone,
});

/**
 * Whether a client can read the entry's state.
 *
 * Stock clients parse inside their socket's handler: text that is no JSON would throw there, and end a client that runs in Node.
 */
export const isJson = ({ json }: PresenceEntry): boolean => {
  try {
    JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString("utf8"));
    return true;
  } catch {
    return false;
  }
};
