/** A failing seed as the shortest story that fails in the same way, and as text. */
import { shrink } from "@syncline/simulator";
import { describeHappening, type Happening, type Story, tellStory, timeOf } from "./gossip-run.ts";
import type { Seal } from "./rows.ts";
import { createRecorder } from "./trace.ts";

/** A failure made small. */
export interface SmallFailure {
  readonly story: Story;
  readonly message: string;
  /** How many happenings the seed had. */
  readonly happeningCount: number;
  readonly runCount: number;
}

/** The promise that was broken, without the places that differ from run to run. */
const promiseOf = (message: string): string =>
  message.replace(/^at [\d.]+ ms: /u, "").split(":")[0]!;

/** Takes happenings away as long as the same promise is broken; null if the story holds. */
export const shrinkStory = (story: Story, seal: Seal, runsMax = 400): SmallFailure | null => {
  const { failure } = tellStory(story, seal);
  if (failure === null) return null;
  const promise = promiseOf(failure.message);
  const messageOf = (happenings: readonly Happening[]): string | null =>
    tellStory({ ...story, happenings }, seal).failure?.message ?? null;
  const { items, runCount } = shrink(
    story.happenings,
    (happenings) => {
      const message = messageOf(happenings);
      return message !== null && promiseOf(message) === promise;
    },
    runsMax,
  );
  return {
    story: { ...story, happenings: items },
    message: messageOf(items) ?? failure.message,
    happeningCount: story.happenings.length,
    runCount,
  };
};

/** The failure as a page of text: what happened from outside, and the end of what was said. */
export const tellFailure = (small: SmallFailure, seal: Seal, lineCountMax = 80): string => {
  const { story, happeningCount, runCount } = small;
  const recorder = createRecorder(false);
  tellStory(story, seal, recorder.observe);
  const { lines } = recorder;
  const left = Math.max(0, lines.length - lineCountMax);
  const { homeNames, edgeNames, seed } = story.setup;
  return [
    `# seed ${seed}: ${small.message}`,
    `# ${homeNames.length} homes, ${edgeNames.length} edges; ${story.happenings.length} of ${happeningCount} happenings matter, found in ${runCount} runs:`,
    ...story.happenings.map((one) => `#   ${timeOf(one)} ms  ${describeHappening(one)}`),
    ...(left > 0 ? [`# (${left} lines before)`] : []),
    ...lines.slice(left),
  ].join("\n");
};
