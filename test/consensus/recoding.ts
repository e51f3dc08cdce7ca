/** A machine whose messages pass through their wire format: what comes in is what its bytes say. */
import type { Machine, Protocol } from "@syncline/machine";

/** How messages become bytes, and bytes messages. */
export interface WireFormat<Message> {
  encode(message: Message): Uint8Array;
  /** Null at bytes that are no message. */
  decode(frame: Uint8Array): Message | null;
}

/** The machine behind its wire format; an own message that cannot be read is an error. */
export const behindWire = <P extends Protocol>(
  machine: Machine<P>,
  format: WireFormat<P["message"]>,
): Machine<P> => ({
  recover: (records, nowMs) => machine.recover(records, nowMs),
  step: (input, nowMs) => {
    if (input.kind !== "received") return machine.step(input, nowMs);
    const message: P["message"] | null = format.decode(format.encode(input.message));
    if (message === null) throw new Error("a message of the own codec is malformed");
    return machine.step({ ...input, message }, nowMs);
  },
});
