/** One pane: a person at a client of their own, with their name, the text, and how safe it is. */
import { element, icon, setAttribute, setText } from "../cluster/element.ts";
import { type BadgeState, createBadge } from "./badge.ts";
import { createPresenceList } from "./presence.ts";
import { openSession, type Session } from "./session.ts";
import { createTextEditor } from "./text-editor.ts";
import { loadUser, nameLengthMax, saveUser, type User, userOf } from "./users.ts";

/** What a pane is to show. */
export interface PaneOptions {
  /** Its place, and the key under which its user is kept: "left". */
  readonly place: string;
  /** How it is called in a sentence: "the left pane". */
  readonly title: string;
  readonly index: number;
  readonly room: string;
  /** The relays' addresses, the preferred one first. */
  readonly urls: readonly string[];
  /** The page with this pane only, or null if this is it. */
  readonly ownWindow: string | null;
  /** Takes a sentence about what has happened here. */
  readonly tell: (sentence: string) => void;
}

/** Opens the document and shows it in a new element. Rejects if the room's name cannot be. */
export const createPane = async (options: PaneOptions): Promise<HTMLElement> => {
  const { place, title, room, urls, index } = options;
  const session = await openSession(urls, room);
  const user = loadUser(place, index);
  session.presence.setLocalStateField("user", user);

  const badge = createBadge(sentenceCase(title));
  const relay = element("span", { class: "pane-relay" });
  const problem = element("p", { class: "pane-problem", role: "alert", hidden: true });
  const text = element("div", { class: "pane-text" });
  const node = element(
    "section",
    { class: "pane card", "data-place": place, "aria-label": sentenceCase(title) },
    drawHead(options, session, user),
    text,
    problem,
    element("footer", { class: "pane-foot" }, badge.node, relay, drawSwitch(options, session)),
  );
  createTextEditor(session.text, session.presence, {
    parent: text,
    label: `The document, in ${title}`,
  });
  const story = createStory(options);
  session.watch(() => {
    badge.show(badgeStateOf(session));
    drawRelay(relay, session);
    drawProblem(problem, session);
    story(session);
  });
  return node;
};

const drawHead = (
  { title, ownWindow, place }: PaneOptions,
  session: Session,
  user: User,
): HTMLElement => {
  const sign = element("span", { class: "name-sign", style: `--user: ${user.color}` });
  const name = element("input", {
    class: "name",
    value: user.name,
    maxlength: nameLengthMax,
    "aria-label": `Your name in ${title}`,
    title: "Your name, as the others see it",
    autocomplete: "off",
    spellcheck: "false",
  });
  name.addEventListener("input", () => {
    const renamed = userOf(name.value, user.color);
    saveUser(place, renamed);
    session.presence.setLocalStateField("user", renamed);
  });
  const link =
    ownWindow === null
      ? []
      : [
          element(
            "a",
            {
              class: "quiet-button",
              href: ownWindow,
              target: "_blank",
              title: "Open in a window of its own",
            },
            icon("M6.5 3.5h-3v9h9v-3M9.5 3h3.5v3.5M13 3L7.5 8.5"),
            element("span", { class: "visually-hidden" }, `Open ${title} in a window of its own`),
          ),
        ];
  const nameField = element("label", { class: "name-field" }, sign, name);
  return element(
    "header",
    { class: "pane-head" },
    nameField,
    createPresenceList(session.presence),
    ...link,
  );
};

/** A switch that takes this pane off the net. It says what is wanted; the relay's sign beside it says what is. */
const drawSwitch = ({ title, tell }: PaneOptions, session: Session): HTMLElement => {
  let isOnline = true;
  const word = element("span", {}, "online");
  const button = element(
    "button",
    {
      class: "switch",
      type: "button",
      role: "switch",
      "aria-checked": "true",
      "aria-label": `Online, ${title}`,
    },
    element("span", { class: "switch-track", "aria-hidden": "true" }),
    word,
  );
  button.addEventListener("click", () => {
    isOnline = !isOnline;
    setAttribute(button, "aria-checked", String(isOnline));
    setText(word, isOnline ? "online" : "offline");
    tell(
      isOnline
        ? `You took ${title} online again.`
        : `You took ${title} offline. You can go on typing in it.`,
    );
    session.setOnline(isOnline);
  });
  return button;
};

const drawRelay = (node: HTMLElement, { status }: Session): void => {
  setAttribute(node, "data-connected", String(status.connected));
  setText(node, status.relay === null ? "no relay" : `at relay ${status.relay}`);
};

const drawProblem = (node: HTMLElement, { status }: Session): void => {
  setAttribute(node, "hidden", status.error === null);
  setText(node, status.error === null ? "" : `${status.error.message} (${status.error.code})`);
};

const badgeStateOf = ({ status, hasEdited }: Session): BadgeState => {
  const { copyCount, homeCount, connected: isConnected } = status;
  const kind = hasEdited ? status.level : status.synced ? "clean" : "loading";
  return { kind, copyCount, homeCount, isConnected };
};

/** Tells of changes that matter: which relay serves this pane, and edits that come to rest after a while without one. */
const createStory = ({ title, tell }: PaneOptions): ((session: Session) => void) => {
  let relay: string | null = null;
  let hadRelay = false;
  let waitingCount = 0;
  return ({ status }) => {
    if (status.relay !== relay) {
      if (status.relay === null) {
        tell(`${sentenceCase(title)} lost relay ${relay}.`);
      } else {
        tell(`${sentenceCase(title)} ${hadRelay ? "went to" : "is at"} relay ${status.relay}.`);
        hadRelay = true;
      }
      relay = status.relay;
    }
    if (!status.connected) waitingCount = Math.max(waitingCount, status.pending);
    if (status.connected && status.pending === 0 && waitingCount > 0) {
      const edits = waitingCount === 1 ? "1 edit" : `${waitingCount} edits`;
      tell(
        `${sentenceCase(title)} had ${edits} waiting: saved now, on ${status.copyCount} of ${status.homeCount}.`,
      );
      waitingCount = 0;
    }
  };
};

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
