/** A topic's story: the question, its steps one by one, and then the answer. */
import { element, setAttribute, setText } from "../cluster/element.ts";
import type { Topic } from "./topics.ts";

/** What the story asks of the page. */
export interface StoryTeller {
  /** Takes the step at this place. */
  readonly take: (index: number) => void;
  /** Begins again, from nothing. */
  readonly restart: () => void;
}

/** The card's content for this topic. */
export const createStory = (topic: Topic, teller: StoryTeller): readonly Node[] => {
  let taken = 0;
  const steps = topic.steps.map(({ text }) => element("li", {}, text));
  const outcome = element("div", { class: "outcome", hidden: true });
  outcome.append(
    element("p", {}, topic.outcome),
    element("p", { class: "take-it" }, element("strong", {}, "Take it "), lowerFirst(topic.takeIt)),
  );
  const next = element("button", { class: "button is-main", type: "button", id: "next-step" });
  const again = element("button", { class: "button", type: "button" }, "Start over");
  const update = (): void => {
    for (const [index, step] of steps.entries()) {
      setAttribute(step, "data-step", index < taken ? "taken" : index === taken ? "next" : "later");
    }
    const isOver = taken === steps.length;
    outcome.hidden = !isOver;
    next.hidden = isOver;
    again.hidden = taken === 0;
    setText(next, taken === 0 ? "Begin the story" : "Next step");
  };
  next.addEventListener("click", () => {
    const index = taken;
    taken += 1;
    update();
    teller.take(index);
  });
  again.addEventListener("click", teller.restart);
  update();
  return [
    element("h2", {}, topic.question),
    element("ol", { class: "steps" }, ...steps),
    outcome,
    element("div", { class: "story-foot" }, next, again, element("code", {}, topic.typeName)),
  ];
};

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
