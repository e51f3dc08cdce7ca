/** The page: one topic at a time, its story, and three devices that hold its value. */
import { element, required, setAttribute, setText } from "../cluster/element.ts";
import { createDeviceCard } from "./device-card.ts";
import { createLinksPanel } from "./links-panel.ts";
import { createLosses } from "./losses.ts";
import { createStory } from "./story-card.ts";
import { type Topic, topics } from "./topics.ts";
import { createWorld, type Happening, type World } from "./world.ts";

const happenings = required("#happenings");
const happeningsMax = 60;

const say = (text: string): void => {
  happenings.prepend(element("li", {}, text));
  while (happenings.childElementCount > happeningsMax) happenings.lastElementChild?.remove();
};

const wordsOf = (happening: Happening): string =>
  happening.kind === "changed"
    ? `${happening.at.name}: ${changeText(happening.change)}`
    : `${happening.from.name} → ${happening.to.name}: ${happening.byteCount} bytes.`;

/** As it stands in a program: `add("milk")`. Without the times and ids that nobody reads. */
const changeText = ([mutator, ...rest]: readonly [string, ...unknown[]]): string => {
  const shown = rest.flat().filter((value) => typeof value !== "object");
  return `${mutator}(${shown.map((value) => JSON.stringify(value)).join(", ")})`;
};

/** A world of this topic that nobody has touched, on the page in place of the one before. */
const open = (topic: Topic): void => {
  const losses = createLosses();
  let update = (): void => {};
  const world = createWorld(topic.type, topic.skewsMs ?? [], (happening) => {
    say(wordsOf(happening));
    if (topic.view === "register") losses.hear(happening);
    // What a happening leads to is shown once it has.
    queueMicrotask(() => update());
  });
  const told = (text: string): void => {
    say(text);
    queueMicrotask(() => update());
  };
  const cards = world.devices.map((_device, at) => createDeviceCard({ world, topic, at }, told));
  const links = createLinksPanel(world, told);
  update = () => {
    for (const { update: updateCard } of cards) updateCard(losses.all());
    links.update();
    showVerdict(world);
  };

  happenings.replaceChildren();
  required("#devices").replaceChildren(...cards.map(({ card }) => card));
  required("#links").replaceChildren(...links.rows);
  required("#story").replaceChildren(
    ...createStory(topic, {
      take: (index) => {
        const step = topic.steps[index];
        say(`Story: ${step?.text ?? ""}`);
        step?.take(world);
        update();
      },
      restart: () => open(topic),
    }),
  );
  for (const tab of document.querySelectorAll("#topics a")) {
    setAttribute(tab, "aria-current", tab.getAttribute("href") === `#${topic.id}` ? "true" : null);
  }
  update();
};

const showVerdict = (world: World): void => {
  const verdict = required("#verdict");
  const isAgreed = world.isAgreed();
  const isAllLinked = world.links.every(({ isUp }) => isUp);
  setAttribute(verdict, "data-agreed", String(isAgreed));
  setText(
    verdict,
    isAgreed
      ? "All three have the same state, byte by byte."
      : `They differ, until they ${isAllLinked ? "have heard of each other" : "are linked again"}.`,
  );
};

const openFromAddress = (): void => {
  const topic = topics.find(({ id }) => `#${id}` === location.hash) ?? topics[0];
  if (topic !== undefined) open(topic);
};

required("#topics").replaceChildren(
  ...topics.map(({ id, title, typeName }) =>
    element(
      "a",
      { href: `#${id}` },
      element("strong", {}, title),
      element("code", {}, typeName.split("(")[0] ?? ""),
    ),
  ),
);
addEventListener("hashchange", openFromAddress);
openFromAddress();
