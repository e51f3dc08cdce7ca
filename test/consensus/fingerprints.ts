/** What a seed of each protocol comes to, in one number: of every input of every machine with its time, so the same number is the same run. */
import { tellRegisterStory } from "./caspaxos/caspaxos-run.ts";
import { drawRegisterStory } from "./caspaxos/story.ts";
import { tellPaxosStory } from "./paxos/paxos-run.ts";
import { drawPaxosStory } from "./paxos/paxos-story.ts";
import { drawRaftStory, tellRaftStory } from "./raft/raft-run.ts";

/** Tells a story of this seed; throws what was wrong with it. */
const fingerprintOf = {
  raft: (seed: number) => checked(tellRaftStory(drawRaftStory(seed))),
  caspaxos: (seed: number) => checked(tellRegisterStory(drawRegisterStory(seed))),
  paxos: (seed: number) => checked(tellPaxosStory(drawPaxosStory(seed))),
};

const checked = (outcome: {
  readonly failure: Error | null;
  readonly fingerprint: number;
}): number => {
  if (outcome.failure !== null) throw outcome.failure;
  return outcome.fingerprint;
};

const seeds = [2, 3, 5];

/** Of each protocol some seeds, by what they are called in `fingerprints.json`, with how to tell their story. */
export const stories = Object.entries(fingerprintOf).flatMap(([protocol, tell]) =>
  seeds.map((seed) => [`${protocol} ${seed}`, () => tell(seed)] as const),
);
