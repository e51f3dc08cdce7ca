/** Many seeds of single-decree Paxos, added up. */
import { campaignOf } from "../campaign.ts";
import { tellPaxosStory } from "./paxos-run.ts";
import { drawPaxosStory } from "./paxos-story.ts";

export { addSummary, describeSummary, emptySummary } from "../../simulation/summary.ts";

/** Runs seeds of Paxos. */
export const runSeeds = campaignOf((seed) => tellPaxosStory(drawPaxosStory(seed)));
