/** Many seeds of Raft: what came of them, added up. The entry of everything that runs them outside of the tests. */
import { campaignOf } from "../campaign.ts";
import { plotOf } from "./raft-plots.ts";
import { drawRaftStory, type RaftOutcome, tellRaftStory } from "./raft-run.ts";

export { drawRaftStory, tellRaftStory } from "./raft-run.ts";
export { addSummary, describeSummary, emptySummary } from "../../simulation/summary.ts";

const tell = (seed: number): RaftOutcome => tellRaftStory(drawRaftStory(seed));

/** Runs seeds of Raft. */
export const runSeeds = campaignOf(tell);

/** The same without the hours in good order, for the hunt for planted bugs: they cost as much as ten others, and find what those have found long before. */
export const huntSeeds = campaignOf(tell, (seed) => plotOf(seed) !== "hours");
