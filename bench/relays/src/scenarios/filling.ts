/** Writes a few keystrokes into very many rooms, as fast as the server takes them. */
import { SUBPROTOCOL } from "@syncline/gossip";
import { createDeferred } from "../load/deferred.ts";
import type { Job } from "../load/job.ts";
import { inLanes } from "../load/lanes.ts";
import { maskedFrame, openWebSocket } from "../load/web-socket.ts";
import { takeNativeFrame } from "../wires/native-frames.ts";
import { greeting, joinFrame, submitFrame } from "../wires/native.ts";
import { idleHandlers, type Wire, urlOf } from "../wires/wire.ts";
import type { Keystrokes } from "../workload/keystrokes.ts";
import * as Y from "yjs";

const laneCount = 32;
/** Spaces on one socket of the native wire; a relay allows 1,000. */
const spacesEach = 500;

/** Resolves when everything is acknowledged. */
export const fillRooms = async (
  job: Job,
  wire: Wire,
  names: readonly string[],
  { updates }: Keystrokes,
): Promise<void> => {
  const update = Y.mergeUpdates([...updates]);
  if (wire.name !== "native") {
    await inLanes(names, laneCount, (name, index) => fillRoom(job, wire, name, index, update));
    return;
  }
  const groups = Array.from({ length: Math.ceil(names.length / spacesEach) }, (_, index) =>
    names.slice(index * spacesEach, (index + 1) * spacesEach),
  );
  await inLanes(groups, 2, (group, index) => fillSpaces(job, group, index, update));
};

const fillRoom = async (
  job: Job,
  wire: Wire,
  name: string,
  index: number,
  update: Uint8Array,
): Promise<void> => {
  const done = createDeferred();
  const client = await wire.join(job.target, urlOf(job.target, index), name, {
    ...idleHandlers,
    update: () => {
      if (wire.isAcknowledgedByEcho) done.resolve();
    },
    acknowledged: () => done.resolve(),
    closed: (code) => done.reject(new Error(`room ${name} was closed with ${code}`)),
  });
  for (const frame of wire.updateFrames(name, [update])) client.socket.send(frame);
  await done.promise;
  client.socket.close();
};

/** Many spaces on one socket. */
const fillSpaces = async (
  job: Job,
  names: readonly string[],
  index: number,
  update: Uint8Array,
): Promise<void> => {
  const welcomed = createDeferred();
  const admitted = createDeferred();
  let welcomeCount = 0;
  let ownCount = 0;
  const taker = {
    ...idleHandlers,
    welcome: () => {
      welcomeCount += 1;
      if (welcomeCount === names.length) welcomed.resolve();
    },
    batch: () => {},
    own: () => {
      ownCount += 1;
      if (ownCount === names.length) admitted.resolve();
    },
    durable: () => {},
    refused: (reason: string) => {
      throw new Error(`the relay refused: ${reason}`);
    },
  };
  const socket = await openWebSocket(urlOf(job.target, index), SUBPROTOCOL, {
    message: (bytes) => takeNativeFrame(bytes, taker),
    closed: (code) => {
      const error = new Error(`closed with ${code}`);
      welcomed.reject(error);
      admitted.reject(error);
    },
  });
  const joins = names.map((name, channel) => joinFrame(name, channel + 1));
  socket.send(maskedFrame(Buffer.concat([greeting, ...joins])));
  await welcomed.promise;
  const submits = names.map((_, channel) => submitFrame(update, 1, channel + 1));
  socket.send(maskedFrame(Buffer.concat(submits)));
  await admitted.promise;
  socket.close();
};
