/** Connections as a node knows them: their news become inputs of the process that had them opened, and of no later one. */
import type { PeerId } from "@syncline/machine";
import type { Connection, End } from "./connections.ts";
import type { Speaking } from "./node-setup.ts";
import { ask, type NodeState, whenAwake } from "./node-state.ts";

/** The end of a connection at this node, for the process that runs now. */
export const endFor = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
  peer: PeerId,
  connection: () => Connection<Message>,
): End<Message> => {
  const { setup, ports } = state;
  const { process } = state.life;
  const isOf = (): boolean => state.connections.get(peer)?.connection === connection();
  const isHere = (): boolean => state.life.process === process && isOf();
  return {
    codec: setup.codec?.() ?? null,
    opened: () => {
      if (isHere()) ask(state, setup.links?.up?.(peer) ?? null);
    },
    received: (message) => {
      if (!isHere()) return;
      if (state.phase === "running") {
        state.runtime?.received(peer, message);
        return;
      }
      whenAwake(state, () => {
        if (isHere()) state.runtime?.received(peer, message);
      });
    },
    closed: () => {
      if (!isHere()) return;
      whenAwake(state, () => {
        if (!isHere()) return;
        state.connections.delete(peer);
        const request = setup.links?.down?.(peer) ?? null;
        if (request !== null) state.runtime?.submitted(request);
      });
    },
    congested: () => {
      if (isHere()) ask(state, setup.links?.congested?.(peer) ?? null);
    },
    drained: () => {
      if (isHere()) ask(state, setup.links?.drained?.(peer) ?? null);
    },
    failed: (error) => ports.failed(error),
  };
};
