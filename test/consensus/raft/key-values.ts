/** What the simulated clusters replicate: texts under keys, behind sessions, with a number that stands for everything that was ever applied. */
import { createSessions, type ReplicatedState, type Sessions } from "@syncline/consensus/raft";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A command of the application. */
export type Command =
  | { readonly kind: "write"; readonly key: string; readonly value: number }
  /** Writes and gives what was there before. */
  | { readonly kind: "swap"; readonly key: string; readonly value: number };

/** A command as bytes. */
export const encodeCommand = (command: Command): Uint8Array =>
  encoder.encode(JSON.stringify(command));

/** A result of `swap` or a read: null where nothing was written. */
export const decodeResult = (bytes: Uint8Array): number | null =>
  JSON.parse(decoder.decode(bytes)) as number | null;

/** The state of one process, made of what it was given. */
export interface Replica {
  readonly sessions: Sessions;
  read(key: string): number | null;
  /** The same at two replicas if they applied the same commands. */
  readonly digest: number;
}

/** A replica to which nothing was applied. */
export const createReplica = (expiryMs: number): Replica => {
  let values: Record<string, number> = {};
  let digest = 0;
  const state: ReplicatedState = {
    apply: (bytes) => {
      const command = JSON.parse(decoder.decode(bytes)) as Command;
      for (const byte of bytes) digest = (Math.imul(digest ^ byte, 0x01000193) + 1) | 0;
      const before = values[command.key] ?? null;
      values[command.key] = command.value;
      return encoder.encode(JSON.stringify(command.kind === "swap" ? before : null));
    },
    encode: () => encoder.encode(JSON.stringify({ values, digest })),
    decode: (bytes) => {
      const kept = JSON.parse(decoder.decode(bytes)) as {
        values: Record<string, number>;
        digest: number;
      };
      values = kept.values;
      digest = kept.digest;
    },
  };
  const sessions = createSessions(state, expiryMs);
  return {
    sessions,
    read: (key) => values[key] ?? null,
    get digest() {
      return digest;
    },
  };
};
