/** Many seeds of CASPaxos, added up. */
import { campaignOf } from "../campaign.ts";
import { tellRegisterStory } from "./caspaxos-run.ts";
import { drawRegisterStory } from "./story.ts";

export { addSummary, describeSummary, emptySummary } from "../../simulation/summary.ts";

/** Runs seeds of CASPaxos. */
export const runSeeds = campaignOf((seed) => tellRegisterStory(drawRegisterStory(seed)));
