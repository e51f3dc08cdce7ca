/** What the load needs of a wire: to join a room, to send what was prepared, and to understand what comes. */
import type { LoadSocket } from "../load/web-socket.ts";

/** The wires that servers speak. */
export const wireNames = ["y-websocket", "hocuspocus", "native"] as const;

/** The name of a wire. */
export type WireName = (typeof wireNames)[number];

/** Servers that answer for one room. */
export interface Target {
  /** Clients are spread over these in turn. */
  readonly urls: readonly string[];
  /** It copies frames and says nothing of its own: there is no handshake, and the author hears its own frame. */
  readonly isCopying: boolean;
  /** On how many disks a write must be to count as acknowledged on the native wire. */
  readonly writeQuorum: number;
}

/** Which of the target's servers the client of this index comes to. */
export const urlOf = ({ urls }: Target, index: number): string => urls[index % urls.length] ?? "";

/** What a client hears. Bytes are views that live until the call returns. */
export interface ClientHandlers {
  /** An update, its own included if the server sends it back. */
  readonly update: (payload: Uint8Array) => void;
  /** All of a document, or a part of all of it. */
  readonly state: (payload: Uint8Array) => void;
  /** Everything that the server had when the client came has been told. */
  readonly caughtUp: () => void;
  /** Its own updates up to this number (from 1) are as safe as this server makes them. */
  readonly acknowledged: (count: number) => void;
  /** An awareness update. */
  readonly presence: (bytes: Uint8Array) => void;
  readonly closed: (code: number) => void;
}

/** Handlers that do nothing, to begin from. */
export const idleHandlers: ClientHandlers = {
  update: () => {},
  state: () => {},
  caughtUp: () => {},
  acknowledged: () => {},
  presence: () => {},
  closed: () => {},
};

/** A client in a room. */
export interface Client {
  readonly socket: LoadSocket;
}

/** A wire, as the load speaks it. */
export interface Wire {
  readonly name: WireName;
  /** Whether an author learns of safety by its own update coming back. */
  readonly isAcknowledgedByEcho: boolean;
  /** Resolves when the client is in the room and will hear of every update. */
  join(target: Target, url: string, room: string, handlers: ClientHandlers): Promise<Client>;
  /** Frames of an author's first, second, … update in this room. */
  updateFrames(room: string, updates: readonly Uint8Array[]): readonly Buffer[];
  /** The frame of a presence. */
  presenceFrame(room: string, presence: LoadPresence): Buffer;
}

/** What one client shows of itself. */
export interface LoadPresence {
  readonly client: number;
  readonly clock: number;
  /** As JSON. */
  readonly state: string;
}
