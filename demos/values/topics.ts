/** What the page tells: for each type a story of two who act at once, and how its value is shown and changed. */
import {
  type AnyCrdt,
  awSet,
  boundedCounter,
  ewFlag,
  list,
  lwwRegister,
  mvRegister,
  pnCounter,
  record,
  rwSet,
} from "@syncline/crdt";
import type { World } from "./world.ts";

/** One step: what it says before it is taken, and what it does. */
export interface Step {
  readonly text: string;
  readonly take: (world: World) => void;
}

/** How the value is shown and changed. */
export type View = "number" | "seats" | "set" | "flag" | "register" | "siblings" | "list" | "card";

/** A type with its story. */
export interface Topic {
  readonly id: string;
  /** What it is to somebody who needs one. */
  readonly title: string;
  /** Its name in code. */
  readonly typeName: string;
  readonly type: AnyCrdt;
  readonly view: View;
  readonly question: string;
  readonly steps: readonly Step[];
  readonly outcome: string;
  readonly takeIt: string;
  /** What is typed into the empty field first. */
  readonly sample?: string;
  /** By how much each device's clock is wrong, in milliseconds. */
  readonly skewsMs?: readonly number[];
}

const [phone, laptop, tablet] = [0, 1, 2] as const;

const cut = (text = "The phone loses its connection."): Step => ({
  text,
  take: (world) => world.setLinksOf(phone, false),
});
const heal = (text = "The phone is back. What does everybody see?"): Step => ({
  text,
  take: (world) => world.setLinksOf(phone, true),
});
const act = (text: string, at: number, mutator: string, ...rest: readonly unknown[]): Step => ({
  text,
  take: (world) => world.change(at, mutator, ...rest),
});

/** A write at a device's own time. */
const write = (text: string, at: number, value: string): Step => ({
  text,
  take: (world) => world.change(at, "set", value, world.timeAt(at)),
});

const likes: Topic = {
  id: "counter",
  title: "Likes",
  typeName: "pnCounter",
  type: pnCounter as AnyCrdt,
  view: "number",
  question: "Both press “like” at the same moment. Is it two likes, or one?",
  steps: [
    act("The laptop counts three.", laptop, "increment", 3),
    cut(),
    act("Offline, the phone counts one more.", phone, "increment"),
    act("At the same time the laptop counts one more, too.", laptop, "increment"),
    heal(),
  ],
  outcome:
    "Five: both count. Had each sent “it is 4 now”, one like would be gone. Instead each device has a total of its own, which only it raises, and the value is their sum.",
  takeIt: "For likes, visits, votes, a number that goes up and down.",
};

const shopping: Topic = {
  id: "add-wins",
  title: "Shopping list",
  typeName: "awSet",
  type: awSet as unknown as AnyCrdt,
  view: "set",
  question: "Both change “milk”: one adds it, the other takes it off. Who wins, and why?",
  sample: "bread",
  steps: [
    act("The laptop adds milk, and everybody sees it.", laptop, "add", "milk"),
    cut(),
    act("Offline, the phone adds milk once more: it is needed.", phone, "add", "milk"),
    act("Meanwhile the laptop takes milk off the list.", laptop, "remove", "milk"),
    heal(),
  ],
  outcome:
    "Milk stays: adding wins. A removal takes away exactly the additions that it has seen, and the laptop had not seen the phone’s second one. Had it seen it, milk would be gone.",
  takeIt: "For tags, members, shopping lists: when losing something is worse than keeping it.",
};

const blocked: Topic = {
  id: "remove-wins",
  title: "Who may enter",
  typeName: "rwSet",
  type: rwSet as unknown as AnyCrdt,
  view: "set",
  question: "One lets Eve in again while the other puts her out. May she enter?",
  sample: "Dan",
  steps: [
    act("The laptop lets Eve in.", laptop, "add", "Eve"),
    cut(),
    act("Offline, the phone lets Eve in once more.", phone, "add", "Eve"),
    act("Meanwhile the laptop puts her out.", laptop, "remove", "Eve"),
    heal(),
  ],
  outcome:
    "She is out: removing wins. It is the same story as the shopping list’s, with the other end: here a removal is a fact that stands until somebody who has seen it adds her again.",
  takeIt: "For rights, blocks and bans: when in doubt, out.",
};

const title: Topic = {
  id: "last-writer-wins",
  title: "Title",
  typeName: "lwwRegister",
  type: lwwRegister as AnyCrdt,
  view: "register",
  question: "Both give the page another title. Which one stays, and where does the other go?",
  sample: "Another title",
  skewsMs: [-5_000, 0, 0],
  steps: [
    write("The laptop writes a title.", laptop, "Draft"),
    cut("The phone loses its connection. Its clock is five seconds slow."),
    write("The laptop writes a better title.", laptop, "Laptop’s title"),
    write("A moment later the phone, offline, writes one, too.", phone, "Phone’s title"),
    heal(),
  ],
  outcome:
    "The laptop’s stays, though the phone wrote later: its slow clock says otherwise. The phone’s title is lost for good, and the type itself keeps no trace of it. It is the price of having one value always; only this page remembers what was lost.",
  takeIt:
    "For settings, colours, positions: where either is fine. Not where a lost text would hurt.",
};

const address: Topic = {
  id: "multi-value",
  title: "Address",
  typeName: "mvRegister",
  type: mvRegister as unknown as AnyCrdt,
  view: "siblings",
  question: "Both correct the address. Can it be that neither is lost?",
  sample: "3 Ash Street",
  steps: [
    act("The laptop writes an address.", laptop, "set", "1 Elm Street"),
    cut(),
    act("Offline, the phone corrects it.", phone, "set", "1 Elm Street, door B"),
    act("The laptop corrects it, too.", laptop, "set", "11 Elm Street"),
    heal(),
    act("Somebody chooses, having seen both.", tablet, "set", "11 Elm Street, door B"),
  ],
  outcome:
    "Both were kept side by side until somebody who saw them wrote one in their place. Nothing was lost; a person, or your program, decided.",
  takeIt: "For what must not get lost: addresses, amounts, anything somebody typed with care.",
};

const alarm: Topic = {
  id: "flag",
  title: "Alarm",
  typeName: "ewFlag",
  type: ewFlag as unknown as AnyCrdt,
  view: "flag",
  question: "One switches the alarm off while the other switches it on again. Is it on?",
  steps: [
    act("The laptop switches it on.", laptop, "enable"),
    cut(),
    act("Offline, the phone switches it on once more.", phone, "enable"),
    act("Meanwhile the laptop switches it off.", laptop, "disable"),
    heal(),
  ],
  outcome:
    "It is on: enabling wins, since the laptop had not seen the phone’s. Its sibling `dwFlag` tells the same story with the other end.",
  takeIt: "For on or off, when in doubt on. The other way round: dwFlag.",
};

const seats: Topic = {
  id: "bounded-counter",
  title: "Seats",
  typeName: "boundedCounter",
  type: boundedCounter as AnyCrdt,
  view: "seats",
  question: "Three seats are left, and both sell while they are cut off. How is none sold twice?",
  steps: [
    act(
      "The laptop puts three seats on sale: the right to sell them is its own.",
      laptop,
      "increment",
      3,
    ),
    act("It gives the phone the right to one of them.", laptop, "transfer", "1".repeat(16), 1),
    cut(),
    act("Offline, the phone sells its seat.", phone, "decrement"),
    act("The laptop sells two.", laptop, "decrement", 2),
    heal("The phone is back. Try to sell one more, anywhere."),
  ],
  outcome:
    "None left, and none sold twice, though nobody asked anybody. Each takes only from rights that were dealt out beforehand. Who has none is refused at once, even if others have plenty.",
  takeIt: "For stock, seats and credit: never below zero.",
};

const tasks: Topic = {
  id: "list",
  title: "Tasks in order",
  typeName: "list",
  type: list as unknown as AnyCrdt,
  view: "list",
  question: "Both put tasks in at the same place. Does everybody get the same order?",
  sample: "rest",
  steps: [
    act("The laptop writes the first and the last task.", laptop, "push", "wake up", "go to bed"),
    cut(),
    act("Offline, the phone puts two between them.", phone, "insert", 1, "run", "shower"),
    act("The laptop puts two there, too.", laptop, "insert", 1, "tea", "news"),
    heal(),
  ],
  outcome:
    "The same order everywhere, and the phone’s two stand together, as do the laptop’s: what one put in as a sequence is not mixed with another’s. Each task has a place of its own that never changes.",
  takeIt: "For tasks, rows, slides. For long text take a Yjs document.",
};

const cardType = record({ title: lwwRegister, tags: awSet, likes: pnCounter });

const card: Topic = {
  id: "record",
  title: "A whole card",
  typeName: "record({ title: lwwRegister, tags: awSet, likes: pnCounter })",
  type: cardType as unknown as AnyCrdt,
  view: "card",
  question: "Both change one card, each another part of it. Does one overwrite the other?",
  sample: "urgent",
  steps: [
    {
      text: "The laptop names the card.",
      take: (world) =>
        world.change(laptop, "update", "title", ["set", "Fix the roof", world.timeAt(laptop)]),
    },
    cut(),
    act("Offline, the phone tags it “urgent”.", phone, "update", "tags", ["add", "urgent"]),
    act("The laptop likes it.", laptop, "update", "likes", ["increment"]),
    act("And tags it “spring”.", laptop, "update", "tags", ["add", "spring"]),
    heal(),
  ],
  outcome:
    "All of it is there: each part merges as its own type says. Kept as one last-writer-wins value, the whole card would have been the one or the other.",
  takeIt: "For objects with known parts. orMap is the same for keys that come and go.",
};

/** All topics, in the order in which they build on each other. */
export const topics: readonly Topic[] = [
  shopping,
  likes,
  title,
  address,
  blocked,
  alarm,
  seats,
  tasks,
  card,
];
