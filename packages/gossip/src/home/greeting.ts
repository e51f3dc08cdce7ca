/** What one home says to another when they meet, and whenever it wants to know what the other has. */
import { type HomeState, ownLog, type Peer, send } from "./home-state.ts";

/** Says what is on this disk. Everything said before on this link is replaced by it. */
export const sendHello = (home: HomeState, peer: Peer, round: number, isReply: boolean): void => {
  peer.told = new Map(home.durable);
  send(home, peer.home, {
    kind: "hello",
    incarnation: ownLog(home),
    vector: new Map(home.durable),
    round,
    isReply,
  });
};
