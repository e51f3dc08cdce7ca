/** Handing the leadership over (Raft thesis, §3.10). */
import { lastIndex } from "./log.ts";
import type { NodeId } from "./node-id.ts";
import { replicate } from "./entry-sending.ts";
import { configurationOfState, type Leader, type RaftState, refuse, send } from "./state.ts";

/** The application wants another leader. Until that one is elected, or an election timeout has passed, nothing new is taken. */
export const requestTransfer = (state: RaftState, token: number, to: NodeId): void => {
  const { role, nowMs, settings } = state;
  if (role.kind !== "leader") return refuse(state, token, "not-leader");
  if (role.transfer !== null) return refuse(state, token, "transferring");
  const progress = role.progressBy.get(to);
  if (progress === undefined || !configurationOfState(state).voters.includes(to)) {
    return refuse(state, token, "wrong-member");
  }
  if (progress.mode.kind === "snapshot") return refuse(state, token, "behind");
  role.transfer = { to, dueMs: nowMs + settings.electionTimeoutMs, isTold: false };
  replicate(state, to, progress, true);
  tellTransferee(state, role);
};

/** Tells the next leader to call an election, once it has everything. */
export const tellTransferee = (state: RaftState, leader: Leader): void => {
  const { transfer } = leader;
  if (transfer === null || transfer.isTold) return;
  if ((leader.progressBy.get(transfer.to)?.matchIndex ?? 0) < lastIndex(state.log)) return;
  transfer.isTold = true;
  // Its election does not wait for anybody's lease to end, however late the message arrives.
  leader.hasLease = false;
  send(state, transfer.to, { kind: "campaign-now" });
};
