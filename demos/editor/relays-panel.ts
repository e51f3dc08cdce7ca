/** The relays of the cluster, asked every second. */
import { setText } from "../cluster/element.ts";
import { askRelays, type Relay, switchRelay } from "../cluster/relays.ts";
import { createRecoveryWatch, mergeOf, vectorOf } from "./recovery.ts";
import { createRelayCard } from "./relay-card.ts";

/** Where the panel is, and what it is about. */
export interface RelaysPanelOptions {
  readonly list: HTMLElement;
  /** Shown while the cluster cannot be asked. */
  readonly problem: HTMLElement;
  readonly room: string;
  readonly tell: (sentence: string) => void;
}

const pollMs = 1000;

/** Shows these relays, and from then on how they are. */
export const startRelaysPanel = (relays: readonly Relay[], options: RelaysPanelOptions): void => {
  const { list, problem, room, tell } = options;
  const whatIsNew = createRecoveryWatch();
  const known = new Map<string, ReadonlyMap<string, number>>();
  const cardById = new Map(
    relays.map(({ id }) => [id, createRelayCard(id, (action) => act(id, action))]),
  );
  list.replaceChildren(...[...cardById.values()].map(({ node }) => node));

  const show = (now: readonly Relay[]): void => {
    for (const relay of now) if (vectorOf(relay).size > 0) known.set(relay.id, vectorOf(relay));
    const furthest = mergeOf([...known.values()]);
    for (const relay of now) cardById.get(relay.id)?.show(relay, furthest);
    for (const sentence of whatIsNew(now)) tell(sentence);
  };
  let askedCount = 0;
  let shownNumber = 0;
  // Two questions may be on their way, and the older one be answered last: that answer is from before the other.
  const look = async (): Promise<void> => {
    askedCount += 1;
    const number = askedCount;
    const now = await askRelays(room);
    if (number < shownNumber) return;
    shownNumber = number;
    show(now);
  };
  const act = async (id: string, action: "kill" | "start"): Promise<void> => {
    tell(
      action === "kill" ? `You killed relay ${id}, without warning.` : `You started relay ${id}.`,
    );
    try {
      // A last look at what it has, so that what it misses later can be told.
      if (action === "kill") await look();
      await switchRelay(id, action);
      await look();
    } catch (error) {
      tell(`That did not work: ${error instanceof Error ? error.message : String(error)}.`);
    }
  };
  const poll = async (): Promise<void> => {
    try {
      await look();
      problem.hidden = true;
    } catch {
      problem.hidden = false;
      setText(problem, "The panel cannot be asked: has the command that started the relays ended?");
    }
    setTimeout(() => void poll(), pollMs);
  };
  show(relays);
  void poll();
};
