/** What a wire other than our own needs of the relay: a way to a space's home, whichever relay that is. */
import type { EdgeMessage, HomeMessage, SpaceWriter } from "@syncline/gossip";

/** One session of an edge at a space's home. */
export interface SpaceLink {
  /** Passes a message on, in order; dropped once the link is closed. */
  send(message: EdgeMessage): void;
  /** The edge takes no more until `drained`: the home then stops its stream and catches up later. */
  congested(): void;
  /** The edge takes messages again. */
  drained(): void;
  /** Ends the session; `closed` need not be called after it. */
  close(): void;
}

/** What an edge's side is told. */
export interface EdgeHandlers {
  message(message: HomeMessage): void;
  /**
   * Takes messages that are encoded already, as items on the channel of this writer; false if the other side does not know that channel: then nothing was
   * taken, and they come as messages. Whoever has it is told presence of a large space together, after a pause.
   */
  frames?(writer: SpaceWriter, frames: readonly Uint8Array[]): boolean;
  /** The session is over. */
  closed(): void;
}

/** The way to a space's home from inside the relay, wherever that home is. */
export interface SpacePort {
  /** Begins a session. `closed` says that the home cannot be reached now: whoever needs it opens another link, after a while. */
  open(space: string, handlers: EdgeHandlers): SpaceLink;
}
