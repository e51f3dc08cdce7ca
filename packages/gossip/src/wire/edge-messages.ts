/** Bytes of what edges say to homes, and of presence. */
import { readIncarnation, writeIncarnation } from "@syncline/clocks";
import { readVarUint } from "lib0/decoding";
import { writeVarUint, writeVarUint8Array } from "lib0/encoding";
import type { EdgeMessage } from "../messages.ts";
import {
  BATCH_BYTES_MIN,
  readBatch,
  readBytes,
  readDot,
  readIndexedVector,
  readList,
  readNumber,
  type Reading,
  writeBatch,
  writeDot,
  writeIndexedVector,
  writeList,
  type Writing,
} from "./primitives.ts";

/** The numbers of these messages on the wire. */
export const edgeKinds = { join: 16, submit: 17, carry: 18, presence: 19 } as const;

/** Writes the body of a message. */
export const writeEdgeMessage = (writing: Writing, message: EdgeMessage): void => {
  const { encoder } = writing;
  switch (message.kind) {
    case "join":
      writeIncarnation(encoder, message.edge);
      return writeIndexedVector(writing, message.vector);
    case "submit":
      writeVarUint(encoder, message.firstNumber);
      return writeList(writing, message.batches, writeBatch);
    case "carry":
      return writeList(writing, message.batches, (to, carried) => {
        writeDot(to, carried);
        writeBatch(to, carried.batch);
      });
    case "presence":
      writeVarUint(encoder, message.key);
      return writeVarUint8Array(encoder, message.bytes);
  }
};

/** Reads the body of a message, or returns null if the number is none of these. */
export const readEdgeMessage = (reading: Reading, kind: number): EdgeMessage | null => {
  const { decoder } = reading;
  switch (kind) {
    case edgeKinds.join:
      return { kind: "join", edge: readIncarnation(decoder), vector: readIndexedVector(reading) };
    case edgeKinds.submit:
      return {
        kind: "submit",
        firstNumber: readNumber(decoder),
        batches: readList(reading, BATCH_BYTES_MIN, readBatch),
      };
    case edgeKinds.carry:
      return {
        kind: "carry",
        batches: readList(reading, BATCH_BYTES_MIN + 2, (from) => ({
          ...readDot(from),
          batch: readBatch(from),
        })),
      };
    case edgeKinds.presence:
      return { kind: "presence", key: readVarUint(decoder), bytes: readBytes(decoder) };
    default:
      return null;
  }
};
