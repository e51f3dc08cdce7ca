/** What is wrong with a story, and which of its faults it takes. */
import { type Fault, shrink } from "@syncline/simulator";

/** The failure of a story with as few faults as `triesMax` runs find to be enough, in lines of words; null if nothing fails. */
export const whyItFails = <
  Story extends { readonly seed: number; readonly faults: readonly Fault[] },
>(
  story: Story,
  tell: (story: Story) => { readonly failure: Error | null },
  triesMax: number,
): string | null => {
  const { failure } = tell(story);
  if (failure === null) return null;
  const { items } = shrink(
    story.faults,
    (faults) => tell({ ...story, faults }).failure !== null,
    triesMax,
  );
  const faults = items.map((item) => JSON.stringify(item));
  return [`seed ${story.seed}: ${failure.message}`, ...faults].join("\n");
};
