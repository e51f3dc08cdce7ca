/** Schemes in which something is late: what a slow disk has not taken yet, what a slow line has not brought yet. */
import { endOf, termOf } from "./raft-memory.ts";
import type { RaftNode } from "./raft-node.ts";
import {
  append,
  cutAll,
  end,
  hold,
  later,
  type Scheming,
  slowDown,
  slowLine,
  timeoutOf,
  urge,
} from "./raft-scheme-moves.ts";

/**
 * A follower has an old leader's entries in memory, and its disk takes its time, while a new leader puts fewer of his own in their place.
 *
 * When the disk has come to the old ones at last, the node is in another term, and its log ends before them.
 */
export const overwrite = (scheming: Scheming): void => {
  const { hero, others, random, world } = scheming;
  const [witness, rival, ...rest] = others;
  if (witness === undefined || rival === undefined || rest.length < 2) return end(scheming);
  const count = random.pick([6, 12, 24]);
  const index = endOf(hero) + count;
  const lateMs = timeoutOf(scheming) * random.pick([0.5, 1, 2, 4]);
  cutAll(scheming, [hero], [rival, ...rest], "both");
  slowDown(scheming, witness, lateMs / scheming.diskMs);
  append(scheming, hero, count);
  scheming.look = (node) => {
    if (node !== witness || endOf(witness) < index) return;
    scheming.look = () => {};
    world.note(`${witness.name} has what its disk has not`);
    cutAll(scheming, [hero], [witness], "both");
    // Who has fewer entries is elected without the witness, by a majority of the others.
    urge(scheming, rival);
    scheming.look = (overwritten) => {
      if (overwritten !== witness || endOf(witness) >= index) return;
      if (termOf(witness) <= scheming.term) return;
      scheming.look = () => {};
      world.note(`${witness.name} has another's entries in their place`);
      later(scheming, 2 * lateMs, () => end(scheming));
    };
  };
};

/**
 * A message to a follower overtakes two others, so the follower refuses it, and, asked from where its leader has compacted the log, refuses again. Only then
 * come those that were overtaken: the snapshot, which the leader sends when it hears of that, is of less than the follower has by then.
 *
 * Nothing is committed beyond that snapshot: this follower alone has the entries behind it.
 */
export const overtake = (scheming: Scheming): void => {
  const { hero, others, world } = scheming;
  const { commitIndex } = hero.raft!.state;
  const behind = others.find((node) => endOf(node) >= commitIndex);
  const rest = others.filter((node) => node !== behind);
  if (behind === undefined || rest.length < 3) return end(scheming);
  // Nothing takes longer on its way but by this scheme.
  const wayMs = 3 * world.network.delays.meanMs;
  // Its acknowledgements come after its refusals, which need no disk.
  slowDown(scheming, behind, 1000);
  const letRefusalIn = hold(scheming, behind, hero);
  const letRestSpeak = rest.map((node) => hold(scheming, node, hero));
  // What the hero has appended just now is the first to be overtaken.
  const speedUp = slowLine(scheming, hero, behind, 5 * wayMs);
  later(scheming, wayMs, () => {
    cutAll(scheming, [hero], rest, "out");
    append(scheming, hero, 1);
    later(scheming, 1, () => {
      speedUp();
      append(scheming, hero, 1);
    });
    later(scheming, 2, () => {
      for (const letSpeak of letRestSpeak) letSpeak();
    });
    later(scheming, 2 * wayMs, () => {
      letRefusalIn();
      refuseAgain(scheming, behind);
    });
  });
  later(scheming, 2 * timeoutOf(scheming), () => end(scheming));
};

const refuseAgain = (scheming: Scheming, behind: RaftNode): void => {
  const { hero, world } = scheming;
  const compactedIndex = hero.raft?.state.snapshot?.last.index ?? 0;
  if (compactedIndex <= endOf(behind)) return end(scheming);
  const letRefusalIn = hold(scheming, behind, hero);
  scheming.look = () => {
    if (endOf(behind) <= compactedIndex) return;
    scheming.look = () => {};
    world.note(`${behind.name} is ahead of the snapshot that it is sent`);
    later(scheming, 0, letRefusalIn);
  };
};

/**
 * A node that hears its leader has asked, before, who would vote for it. The answer comes late, from a term that a majority has begun without them both, and
 * behind it comes a request for a vote in that term.
 */
export const summon = (scheming: Scheming): void => {
  const { hero, others, world } = scheming;
  const [loyal, rival, ...rest] = others;
  if (loyal === undefined || rival === undefined || rest.length < 2) return end(scheming);
  cutAll(scheming, [hero], [rival, ...rest], "both");
  cutAll(scheming, [loyal], rest, "both");
  const letQuestionIn = hold(scheming, loyal, rival);
  later(scheming, 0, () => loyal.request(() => ({ kind: "campaign" })));
  // By then those who are to vote hear no leader any more, and the loyal one still does.
  later(scheming, 1.05 * timeoutOf(scheming), () => {
    // Both are on their way at once, and the answer is the first to come.
    const speedUp = slowLine(scheming, rival, loyal, 5 * world.network.delays.meanMs);
    urge(scheming, rival);
    scheming.look = (node) => {
      if (node !== rival || rival.raft?.state.role.kind !== "candidate") return;
      scheming.look = () => {};
      world.note(`${rival.name} asks for votes`);
      for (const voter of rest) hold(scheming, voter, rival);
      later(scheming, 2 * scheming.diskMs, () => {
        speedUp();
        letQuestionIn();
      });
      later(scheming, timeoutOf(scheming), () => end(scheming));
    };
  });
};
