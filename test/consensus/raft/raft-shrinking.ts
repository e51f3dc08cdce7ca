/** A failing seed as the shortest story that fails in the same way, and as text. */
import { shrink } from "@syncline/simulator";
import {
  describeRaftHappening,
  type RaftHappening,
  type RaftStory,
  tellRaftStory,
  timeOfHappening,
} from "./raft-run.ts";
import { describeRaftMessage } from "./stage.ts";

/** The promise that was broken, without the places that differ from run to run. */
const promiseOf = (message: string): string =>
  message.replace(/^at [\d.]+ ms: /u, "").split(":")[0]!;

/** The story with as few happenings as still break the same promise, after at most `runsMax` runs; null if it holds. */
export const shrinkRaftStory = (story: RaftStory, runsMax = 200): RaftStory | null => {
  const { failure } = tellRaftStory(story);
  if (failure === null) return null;
  const promise = promiseOf(failure.message);
  const fails = (happenings: readonly RaftHappening[]): boolean => {
    const outcome = tellRaftStory({ ...story, happenings });
    return outcome.failure !== null && promiseOf(outcome.failure.message) === promise;
  };
  return { ...story, happenings: shrink(story.happenings, fails, runsMax).items };
};

/** A failing story as a page of text: what happened from outside, and the end of what was said. */
export const tellRaftFailure = (story: RaftStory, lineCountMax = 60): string => {
  const lines: string[] = [];
  const { failure } = tellRaftStory(story, (event) => {
    if (event.kind === "note") lines.push(`-- ${event.text}`);
    if (event.kind !== "sent") return;
    lines.push(`${event.from} > ${event.to}  ${describeRaftMessage(event.message)}`);
  });
  return [
    `# seed ${story.setup.seed}: ${failure?.message ?? "holds"}`,
    ...story.happenings.map(
      (one) => `#   ${timeOfHappening(one)} ms  ${describeRaftHappening(one)}`,
    ),
    ...lines.slice(-lineCountMax),
  ].join("\n");
};
