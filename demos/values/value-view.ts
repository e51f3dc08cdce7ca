/** The value as a device shows it, and the controls by which it is changed there. */
import { boundedCounter, rightsOf, type RightsTable } from "@syncline/crdt";
import { element } from "../cluster/element.ts";
import type { Topic, View } from "./topics.ts";
import type { World } from "./world.ts";

/** A device's place in its world, and how it changes the value. */
export interface Hands {
  readonly world: World;
  readonly topic: Topic;
  readonly at: number;
  /** As `World.change`; a refusal is shown, and not thrown. */
  readonly change: (mutator: string, ...rest: readonly unknown[]) => void;
}

/** What the device shows. Made anew after each change. */
export const showValue = (hands: Hands): readonly Node[] => {
  const { world, at, topic } = hands;
  return shownBy[topic.view](world.type.value(world.devices[at]?.state), hands);
};

/** The controls below it. Made once, so that nobody's typing is interrupted. */
export const showControls = (hands: Hands): readonly Node[] => controlsBy[hands.topic.view](hands);

const shownBy: Readonly<Record<View, (value: unknown, hands: Hands) => readonly Node[]>> = {
  number: (value) => [element("output", { class: "big-value" }, String(value))],
  seats: (value, { world, at }) => {
    const device = world.devices[at];
    const rights = device === undefined ? 0 : rightsOf(device.state as RightsTable, device.replica);
    return [
      element("output", { class: "big-value" }, String(value)),
      element("p", { class: "hint" }, `may sell ${rights} of them`),
    ];
  },
  set: (value, hands) => [
    tokensOf([...(value as ReadonlySet<unknown>)].map(String).toSorted(), (text) =>
      hands.change("remove", text),
    ),
  ],
  flag: (value) => [
    element(
      "output",
      { class: `lamp ${value === true ? "is-on" : ""}` },
      value === true ? "on" : "off",
    ),
  ],
  register: (value) => [textOf(value)],
  siblings: (value, hands) => {
    const siblings = value as readonly unknown[];
    if (siblings.length < 2) return [textOf(siblings[0] ?? null)];
    return [
      element("p", { class: "hint" }, `${siblings.length} versions, none lost. Which one holds?`),
      element(
        "ul",
        { class: "siblings" },
        ...siblings.map((sibling) =>
          element(
            "li",
            {},
            textOf(sibling),
            button("Keep this", () => hands.change("set", sibling)),
          ),
        ),
      ),
    ];
  },
  list: (value, hands) => {
    const items = value as readonly unknown[];
    if (items.length === 0) return [emptyText()];
    return [
      element(
        "ol",
        { class: "items" },
        ...items.map((item, index) =>
          element(
            "li",
            {},
            String(item),
            cross(String(item), () => hands.change("delete", index)),
          ),
        ),
      ),
    ];
  },
  card: (value, hands) => {
    const { title, tags, likes } = value as {
      readonly title: unknown;
      readonly tags: ReadonlySet<unknown>;
      readonly likes: unknown;
    };
    const remove = (tag: string): void => hands.change("update", "tags", ["remove", tag]);
    return [
      textOf(title),
      tokensOf([...tags].map(String).toSorted(), remove),
      element("p", { class: "hint" }, `likes: ${String(likes)}`),
    ];
  },
};

const controlsBy: Readonly<Record<View, (hands: Hands) => readonly Node[]>> = {
  number: ({ change }) => [
    button("+ 1", () => change("increment")),
    button("− 1", () => change("decrement")),
  ],
  seats: ({ world, at, change }) => {
    const next = world.devices[(at + 1) % world.devices.length];
    return [
      button("Sell one", () => change("decrement")),
      button("Add one", () => change("increment")),
      button(`Give ${next?.name ?? ""} one`, () => change("transfer", next?.replica ?? "", 1)),
    ];
  },
  set: (hands) => [field(hands, "Add", (text) => hands.change("add", text))],
  flag: ({ change }) => [
    button("On", () => change("enable")),
    button("Off", () => change("disable")),
  ],
  register: (hands) => [
    field(hands, "Write", (text) => hands.change("set", text, hands.world.timeAt(hands.at))),
  ],
  siblings: (hands) => [field(hands, "Write", (text) => hands.change("set", text))],
  list: (hands) => [
    field(hands, "Put first", (text) => hands.change("insert", 0, text)),
    field(hands, "Put last", (text) => hands.change("push", text)),
  ],
  card: (hands) => [
    field(hands, "Rename", (text) =>
      hands.change("update", "title", ["set", text, hands.world.timeAt(hands.at)]),
    ),
    field(hands, "Tag", (text) => hands.change("update", "tags", ["add", text])),
    button("Like", () => hands.change("update", "likes", ["increment"])),
  ],
};

const emptyText = (): Node => element("p", { class: "hint" }, "nothing yet");

const textOf = (value: unknown): Node =>
  value === null ? emptyText() : element("p", { class: "text-value" }, String(value));

const tokensOf = (texts: readonly string[], remove: (text: string) => void): Node => {
  if (texts.length === 0) return element("p", { class: "hint" }, "empty");
  return element(
    "ul",
    { class: "tokens" },
    ...texts.map((text) =>
      element(
        "li",
        {},
        text,
        cross(text, () => remove(text)),
      ),
    ),
  );
};

const button = (text: string, press: () => void): Node => {
  const made = element("button", { class: "button", type: "button" }, text);
  made.addEventListener("click", press);
  return made;
};

const cross = (what: string, press: () => void): Node => {
  const made = element(
    "button",
    { class: "cross", type: "button", "aria-label": `Remove ${what}` },
    "×",
  );
  made.addEventListener("click", press);
  return made;
};

const field = ({ topic, world, at }: Hands, action: string, take: (text: string) => void): Node => {
  const label = `${action}, at the ${(world.devices[at]?.name ?? "").toLowerCase()}`;
  const input = element("input", {
    class: "field",
    type: "text",
    "aria-label": label,
    placeholder: topic.sample ?? "",
    maxlength: 60,
    autocomplete: "off",
  });
  const form = element("form", {}, input, element("button", { class: "button" }, action));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim() || (topic.sample ?? "");
    input.value = "";
    if (text !== "") take(text);
  });
  return form;
};

/** Why a change was refused, for people. */
export const refusalText = (error: unknown): string =>
  (error as { readonly code?: unknown }).code === "NO_RIGHTS"
    ? `Refused: this device has no right to a seat. ${boundedCounter.name} never asks, and never guesses.`
    : String(error);
