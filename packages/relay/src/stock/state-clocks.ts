/** How far payloads reach for each client, read off their bytes: the state vector of what they make together, without opening a document. */
import { createEncoder, toUint8Array, writeVarUint } from "lib0/encoding";
import { readWhole, takeCount, takeNumber } from "../document-reader.ts";
import { runsOfUpdate } from "../document-shape.ts";

/** The clock up to which everything of a client is there. */
export type StateClocks = Map<number, number>;

/** What a state vector says; nothing if it is malformed. */
export const clocksOfVector = (stateVector: Uint8Array): StateClocks => {
  const clocks: StateClocks = new Map();
  readWhole(stateVector, (reader) => {
    const count = takeCount(reader, 2);
    for (let index = 0; index < count; index += 1) {
      const client = takeNumber(reader);
      clocks.set(client, takeNumber(reader));
    }
  });
  return clocks;
};

/**
 * Moves the clocks forward by a payload.
 *
 * Never too far: what stands behind a gap does not count, so a client that has what lacks here is asked for it. A struct whose neighbours are not here yet
 * counts, since it is here, though a `Y.Doc` would not show it.
 */
export const moveClocks = (clocks: StateClocks, payload: Uint8Array): void => {
  for (const { client, fromClock, wholeToClock } of runsOfUpdate(payload)?.structs ?? []) {
    const known = clocks.get(client) ?? 0;
    if (fromClock <= known && wholeToClock > known) clocks.set(client, wholeToClock);
  }
};

/** The state vector that says this. */
export const vectorOfClocks = (clocks: ReadonlyMap<number, number>): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, clocks.size);
  for (const [client, clock] of clocks) {
    writeVarUint(encoder, client);
    writeVarUint(encoder, clock);
  }
  return toUint8Array(encoder);
};
