import type { Socket } from "node:net";

/** A frame with its length in front. */
export declare const frameOf: (bytes: Uint8Array) => Buffer;

/** Calls back with each frame that comes. */
export declare const readFrames: (socket: Socket, onFrame: (frame: Uint8Array) => void) => void;
