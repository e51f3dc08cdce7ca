/**
 * A member whose directory is lost, and the newcomer that has its name.
 *
 * The newcomer is another incarnation: it has promised nothing, and must not keep what the lost one promised. So the lost one goes, and the newcomer comes as a learner,
 * in one change; it becomes a voter when it has the log. Until then the others decide alone.
 */
import {
  type Configuration,
  type MembershipChange,
  nameOfNode,
  type NodeId,
} from "@syncline/consensus/raft";
import type { Outcome } from "./proposals.ts";

/** Between two attempts of which the first came too early. */
const PAUSE_MS = 50;
const tooEarly: ReadonlySet<string> = new Set([
  "behind",
  "not-yet",
  "joint",
  "unheard",
  "transferring",
]);

/** What a replacement needs of its node. */
export interface ReplacingPorts {
  readonly name: string;
  /** Who has the name now; null if nobody has been heard of. */
  readonly newcomer: NodeId | null;
  readonly timeoutMs: number;
  /** The members at the moment, as this node knows them. */
  members(): Configuration | null;
  change(changes: readonly MembershipChange[]): Promise<Outcome>;
}

/** Goes on, one change after the other, until the newcomer is a voter, the time is over, or a change is refused for good. */
export const replaceMember = async (ports: ReplacingPorts): Promise<Outcome> => {
  const { newcomer, timeoutMs } = ports;
  if (newcomer === null) return refused("unheard");
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const members = ports.members();
    if (members === null) return refused("not-leader");
    const changes = changesTo(members, newcomer);
    if (changes.length === 0) return { kind: "changed" };
    const outcome = await ports.change(changes);
    const isTooEarly = outcome.kind === "refused" && tooEarly.has(outcome.reason);
    if (outcome.kind !== "changed" && !isTooEarly) return outcome;
    if (performance.now() > endMs) return isTooEarly ? outcome : refused("behind");
    await new Promise((resolve) => setTimeout(resolve, isTooEarly ? PAUSE_MS : 0));
  }
};

const refused = (reason: string): Outcome => ({ kind: "refused", reason, leader: null });

/** The next change; none if all is done. */
const changesTo = (
  { voters, outgoing, learners }: Configuration,
  newcomer: NodeId,
): readonly MembershipChange[] => {
  const name = nameOfNode(newcomer);
  const lost = [...new Set([...voters, ...outgoing, ...learners])].filter(
    (node) => nameOfNode(node) === name && node !== newcomer,
  );
  const removals = lost.map((node): MembershipChange => ({ kind: "remove", node }));
  if (voters.includes(newcomer)) return removals;
  if (learners.includes(newcomer)) return [...removals, { kind: "promote", node: newcomer }];
  return [...removals, { kind: "add-learner", node: newcomer }];
};
