/** One relay in the panel: whether it runs, what is on its disk, and a button to end or start it. */
import { element, setAttribute, setText } from "../cluster/element.ts";
import type { Relay } from "../cluster/relays.ts";

/** A relay's place in the panel. */
export interface RelayCard {
  readonly node: HTMLElement;
  /** Shows how the relay is now. `furthest` has each log's last known batch, at any relay. */
  show(relay: Relay, furthest: ReadonlyMap<string, number>): void;
}

/** What the page draws of one log. */
interface LogRow {
  readonly label: string;
  readonly title: string;
  readonly number: number;
  readonly furthest: number;
}

/** More logs than this have a disk changed many times; the rest is told as a number. */
const logsShownMax = 6;

/** A card without content. `act` is called with what the button says; it resolves when that is done. */
export const createRelayCard = (
  id: string,
  act: (action: "kill" | "start") => Promise<void>,
): RelayCard => {
  const state = element("span", { class: "relay-state" });
  const button = element("button", { class: "button", type: "button" });
  const facts = element("dl", { class: "facts" });
  const logs = element("ul", { class: "logs", "aria-label": `Logs on the disk of relay ${id}` });
  const head = element("header", {}, element("h3", {}, `Relay ${id}`), state, button);
  const logsTitle = element("p", { class: "logs-title" });
  const node = element(
    "article",
    { class: "relay card", "data-relay": id },
    head,
    facts,
    logsTitle,
    logs,
  );

  let isUp: boolean | null = null;
  let isActing = false;
  /** What its disk had when it was last heard: a killed relay still has that. */
  let lastKnown: Relay["status"] = null;
  const drawButton = (): void => {
    button.disabled = isActing || isUp === null;
    setText(button, isUp === false ? "start" : "kill -9");
    setAttribute(
      button,
      "aria-label",
      isUp === false ? `Start relay ${id}` : `Kill relay ${id} with kill -9`,
    );
    setAttribute(button, "data-action", isUp === false ? "start" : "kill");
  };
  button.addEventListener("click", () => {
    isActing = true;
    drawButton();
    void act(isUp === false ? "start" : "kill").finally(() => {
      isActing = false;
      drawButton();
    });
  });
  drawButton();

  return {
    node,
    show: (relay, furthest) => {
      isUp = relay.isUp;
      if (relay.status !== null) lastKnown = relay.status;
      setAttribute(node, "data-up", String(isUp));
      setText(state, describe(relay));
      setAttribute(state, "title", relay.health?.reasons?.join("; ") ?? null);
      drawButton();
      drawFacts(facts, relay, lastKnown);
      drawLogs(logs, logRowsOf(lastKnown, furthest));
      setText(logsTitle, titleOf(relay, lastKnown));
    },
  };
};

const describe = ({ isUp, health }: Relay): string => {
  if (!isUp) return "down";
  // A relay without one of its links is `degraded`: the links say that.
  return health?.status === "unhealthy" ? "up, unwell" : "up";
};

const titleOf = ({ isUp }: Relay, status: Relay["status"]): string => {
  if (!status?.space) return isUp ? "Nobody has opened this document here yet." : "";
  return isUp ? "On its disk, log by log" : "On its disk while it is down";
};

const drawFacts = (facts: HTMLElement, relay: Relay, lastKnown: Relay["status"]): void => {
  const { url, pid, isUp, status } = relay;
  const links = Object.entries(status?.links ?? {}).map(
    ([peer, reach]) => `${peer} ${reach === "connected" ? "✓" : "✕"}`,
  );
  const rows = [
    ["address", url.replace(/^wss?:\/\//u, "")],
    ["process", isUp && pid !== null ? String(pid) : "none"],
    ["disk", lastKnown?.incarnation.slice(0, 6) ?? "–"],
    ["clients", isUp ? String(status?.space?.sessions ?? 0) : "–"],
    ["links", isUp && links.length > 0 ? links.join("  ") : "–"],
  ] as const;
  if (facts.childElementCount === 0) {
    facts.append(
      ...rows.map(([name]) => element("div", {}, element("dt", {}, name), element("dd"))),
    );
  }
  for (const [index, [, text]] of rows.entries()) {
    const value = facts.children[index]?.lastElementChild;
    if (value) setText(value, text);
  }
};

const logRowsOf = (
  status: Relay["status"],
  furthest: ReadonlyMap<string, number>,
): readonly LogRow[] => {
  if (!status?.space) return [];
  const own = new Map(status.space.logs.map((log) => [log.incarnation, log]));
  return [...furthest]
    .map(([incarnation, last]) => {
      const { home = null, number: lastSeen = 0 } = own.get(incarnation) ?? {};
      // What others have of its own log was on its disk first, though it may have died before it could say so.
      const number = incarnation === status.incarnation ? last : lastSeen;
      const short = incarnation.slice(0, 6);
      return {
        label: home ?? short,
        title: `log of ${home === null ? "a disk that nobody has now" : `relay ${home}`} (${short}): ${number} of ${last}`,
        number,
        furthest: last,
      };
    })
    .sort((left, right) => left.label.localeCompare(right.label));
};

const drawLogs = (list: HTMLElement, rows: readonly LogRow[]): void => {
  const signature = JSON.stringify(rows);
  if (list.dataset["drawn"] === signature) return;
  list.dataset["drawn"] = signature;
  const rest = rows.length - logsShownMax;
  list.replaceChildren(
    ...rows.slice(0, logsShownMax).map(drawLog),
    ...(rest > 0 ? [element("li", { class: "log-rest" }, `and ${rest} older`)] : []),
  );
};

const drawLog = ({ label, title, number, furthest }: LogRow): HTMLElement => {
  const missingCount = furthest - number;
  const share = furthest === 0 ? 1 : number / furthest;
  return element(
    "li",
    { title, class: missingCount > 0 ? "log is-behind" : "log" },
    element("span", { class: "log-name" }, label),
    element(
      "span",
      { class: "log-bar", "aria-hidden": "true" },
      element("i", { style: `width: ${share * 100}%` }),
    ),
    element(
      "span",
      { class: "log-number" },
      missingCount > 0 ? `${number} −${missingCount}` : String(number),
    ),
  );
};
