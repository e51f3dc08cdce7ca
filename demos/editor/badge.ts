/** How far the last edit has come, beside the text: each step that was reached is shown long enough to be seen. */
import { element, icon, setAttribute, setText } from "../cluster/element.ts";

/** A step on an edit's way, and on how many of how many disks it is. */
export interface BadgeState {
  readonly kind: "loading" | "clean" | "local" | "relay" | "quorum" | "all";
  readonly copyCount: number;
  readonly homeCount: number;
  /** Whether a relay can be reached now. */
  readonly isConnected: boolean;
}

/** A badge in the page. */
export interface Badge {
  readonly node: HTMLElement;
  /** Tells the state of now. What is lower than the shown one is shown at once: a badge never claims more than is true. */
  show(state: BadgeState): void;
}

/** Locally a batch is on three disks after some ten milliseconds; nobody would see the steps between. */
const stepMs = 220;
/** Readers of the screen hear only where an edit has come to rest. */
const announceMs = 1200;

/** A badge that shows nothing yet. `owner` says whose edits, for those who only hear it. */
export const createBadge = (owner: string): Badge => {
  const label = element("span", { class: "badge-label" });
  const drawing = element("span", { class: "badge-icon" });
  const disks = element("span", { class: "disks", "aria-hidden": "true" });
  const visible = element(
    "span",
    { class: "badge", "data-state": "loading" },
    drawing,
    label,
    disks,
  );
  const spoken = element("span", {
    class: "visually-hidden",
    role: "status",
    "aria-live": "polite",
  });
  const node = element("div", { class: "badge-place" }, visible, spoken);

  let announcement: ReturnType<typeof setTimeout> | undefined;
  const draw = (state: BadgeState): void => {
    const text = describe(state);
    setAttribute(visible, "data-state", state.kind);
    setAttribute(visible, "title", explain(state));
    setText(label, text);
    drawing.replaceChildren(icon(drawings[state.kind]));
    disks.replaceChildren(...drawDisks(state));
    clearTimeout(announcement);
    if (state.kind === "loading") return;
    announcement = setTimeout(() => setText(spoken, `${owner}: ${text}`), announceMs);
  };
  return { node, show: inSteps(draw) };
};

const ranks = ["loading", "clean", "local", "relay", "quorum", "all"] as const;

/**
 * Calls `draw` with every state that was told, the rising ones at least `stepMs` apart.
 *
 * A new edit falls back to "on this device" and is shown at once, and what was still to be shown of the one before is forgotten.
 */
const inSteps = (draw: (state: BadgeState) => void): ((state: BadgeState) => void) => {
  let shown: BadgeState | null = null;
  let waiting: BadgeState[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  const drawNow = (state: BadgeState): void => {
    shown = state;
    draw(state);
    timer = setTimeout(() => {
      timer = null;
      const next = waiting.shift();
      if (next !== undefined) drawNow(next);
    }, stepMs);
  };
  return (state) => {
    const last = waiting.at(-1) ?? shown;
    if (last !== null && isSame(last, state)) return;
    if (shown === null || timer === null || rankOf(state) <= rankOf(shown)) {
      waiting = [];
      if (timer !== null) clearTimeout(timer);
      drawNow(state);
      return;
    }
    waiting = [...waiting.filter((each) => rankOf(each) < rankOf(state)), state];
  };
};

const rankOf = ({ kind }: BadgeState): number => ranks.indexOf(kind);

const isSame = (left: BadgeState, right: BadgeState): boolean =>
  left.kind === right.kind &&
  left.copyCount === right.copyCount &&
  left.homeCount === right.homeCount &&
  left.isConnected === right.isConnected;

const describe = ({ kind, copyCount, homeCount, isConnected }: BadgeState): string => {
  switch (kind) {
    case "loading":
      return isConnected ? "opening the document" : "looking for a relay";
    case "clean":
      return isConnected ? "no edits of yours yet" : "no relay can be reached";
    case "local":
      return isConnected ? "on this device" : "on this device, waiting for a relay";
    case "relay":
      return copyCount <= 1 ? "on 1 relay" : `on ${copyCount} relays`;
    case "quorum":
    case "all":
      return `saved: on ${copyCount} of ${homeCount}`;
  }
};

const explain = ({ kind, homeCount }: BadgeState): string => {
  switch (kind) {
    case "loading":
      return "The text that the relays have is on its way.";
    case "clean":
      return "Type something, and watch how far it comes.";
    case "local":
      return "Your last edit is in this page only. It goes to a relay as soon as one can be reached.";
    case "relay":
      return "Your last edit is on the disk of the relay that took it. If that disk were lost now, the edit might be.";
    case "quorum":
      return "Your last edit is on the disks of enough relays: losing any one of them loses nothing.";
    case "all":
      return `Your last edit is on the disks of all ${homeCount} relays.`;
  }
};

const drawDisks = ({ kind, copyCount, homeCount }: BadgeState): readonly HTMLElement[] =>
  ["local", "relay", "quorum", "all"].includes(kind)
    ? Array.from({ length: homeCount }, (_, index) =>
        element("i", { class: index < copyCount ? "disk is-written" : "disk" }),
      )
    : [];

const drawings = {
  loading: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  clean: "M4 8h8",
  local: "M3 3.5h10v7H3zM1.5 13h13",
  relay: "M2.5 4.5h11v7h-11zM5 8h.01M8 8h3",
  quorum: "M3 8.5l3.2 3.2L13 4.8",
  all: "M1.5 8.5l3 3L11 5M8.5 11.2l.8.8L15 5.5",
} as const;
