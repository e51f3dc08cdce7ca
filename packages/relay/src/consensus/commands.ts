/**
 * Commands of many clients in one entry of the log.
 *
 * All that came in one turn of the event loop is one entry: one proposal, one record on each disk, one entry on the wire. What an entry costs is then paid once for
 * all of them, at the leader and at each follower. The data of an entry is its commands, one behind the other, each with its length before it.
 */
import { createDecoder, hasContent, readVarUint8Array } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint8Array } from "lib0/encoding";

/** An entry is not made longer than this by a further command; one that is longer stands alone. */
export const JOINED_BYTES_MAX: number = 64 * 1024;

/** A command that waits to become part of an entry. */
export interface WaitingCommand {
  readonly data: Uint8Array;
  /** The name of a session is the index of its entry, so there may be one beginning in each. */
  readonly isAlone: boolean;
}

/** The commands as those of as few entries as possible, in their order. */
export const groupsOf = <Command extends WaitingCommand>(
  commands: readonly Command[],
): readonly (readonly Command[])[] => {
  const groups: Command[][] = [];
  let byteCount = Number.POSITIVE_INFINITY;
  for (const command of commands) {
    byteCount += command.data.length;
    if (command.isAlone || byteCount > JOINED_BYTES_MAX) {
      groups.push([command]);
      byteCount = command.isAlone ? Number.POSITIVE_INFINITY : command.data.length;
    } else groups.at(-1)?.push(command);
  }
  return groups;
};

/** The data of an entry with these commands. */
export const joinCommands = (commands: readonly WaitingCommand[]): Uint8Array => {
  const encoder = createEncoder();
  for (const { data } of commands) writeVarUint8Array(encoder, data);
  return toUint8Array(encoder);
};

/** The commands of an entry, as views of its data; none if it is no data of ours, which every node then drops. */
export const commandsIn = (data: Uint8Array): readonly Uint8Array[] => {
  const decoder = createDecoder(data);
  const commands: Uint8Array[] = [];
  try {
    while (hasContent(decoder)) commands.push(readVarUint8Array(decoder));
    return commands;
  } catch {
    return [];
  }
};
