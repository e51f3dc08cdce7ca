/** The page: two panes side by side, or one in a window of its own, above the relays that they are at. */
import { copyText, required, setText } from "../cluster/element.ts";
import { askRelays, type Relay } from "../cluster/relays.ts";
import { createHappenings } from "./happenings.ts";
import { addressOf, newRoom, readAddress } from "./page-address.ts";
import { createPane, type PaneOptions } from "./pane.ts";
import { startRelaysPanel } from "./relays-panel.ts";

const address = readAddress(location.search);
const tell = createHappenings(required("#happenings"));

const start = async (): Promise<void> => {
  showRoom();
  const relays = await waitForRelays();
  showCount(relays.length);
  startRelaysPanel(relays, {
    list: required("#relays"),
    problem: required("#relays-problem"),
    room: address.room,
    tell,
  });
  const panes = await Promise.all(paneOptions(relays).map(createPane));
  required("#panes").replaceChildren(...panes);
};

const showRoom = (): void => {
  const { room } = address;
  document.title = `${room} – Syncline`;
  setText(required("#room"), room);
  required("#new-room").setAttribute(
    "href",
    addressOf({ room: newRoom(), isSinglePane: false, relay: null }),
  );
  const copy = required("#copy-link");
  const title = copy.textContent;
  copy.addEventListener("click", async () => {
    const link = addressOf({ room, isSinglePane: false, relay: null });
    setText(copy, (await copyText(link)) ? "Copied" : "Copy the address bar");
    setTimeout(() => setText(copy, title), 1600);
  });
};

const showCount = (count: number): void => {
  const words = ["no", "one", "two", "three", "four", "five"];
  setText(required("#relay-count"), `${words[count] ?? count} ${count === 1 ? "relay" : "relays"}`);
};

/** The command may have been started a moment after the page was opened, so the page waits for it. */
const waitForRelays = async (): Promise<readonly Relay[]> => {
  const problem = required("#problem");
  for (;;) {
    try {
      const relays = await askRelays(address.room);
      if (relays.length > 0) {
        problem.hidden = true;
        return relays;
      }
    } catch {
      problem.hidden = false;
      setText(
        problem,
        "This page shows relays on this machine, and none are found. Start them with: npm start",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};

const paneOptions = (relays: readonly Relay[]): readonly PaneOptions[] => {
  const { room, isSinglePane, relay } = address;
  const ids = relays.map(({ id }) => id);
  const pane = (place: string, index: number, first: string | undefined): PaneOptions => ({
    place,
    index,
    room,
    title: place === "own" ? "this pane" : `the ${place} pane`,
    urls: urlsFrom(relays, first),
    ownWindow:
      place === "own" ? null : addressOf({ room, isSinglePane: true, relay: first ?? null }),
    tell,
  });
  if (isSinglePane) {
    document.body.classList.add("is-single");
    return [pane("own", 0, relay ?? ids[0])];
  }
  return [pane("left", 0, ids[0]), pane("right", 1, ids[1] ?? ids[0])];
};

/** The addresses in order, beginning with this relay's: the others are tried when it is gone. */
const urlsFrom = (relays: readonly Relay[], first: string | undefined): readonly string[] => {
  const index = Math.max(
    0,
    relays.findIndex(({ id }) => id === first),
  );
  return [...relays.slice(index), ...relays.slice(0, index)].map(({ url }) => url);
};

start().catch((error: unknown) => {
  const problem = required("#problem");
  problem.hidden = false;
  const reason = error instanceof Error ? error.message : String(error);
  setText(problem, `The document could not be opened: ${reason}.`);
});
