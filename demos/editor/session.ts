/** One pane's connection: a client of its own, so that two panes in a page are like two people at two machines. */
import { connect, type Space, type SpaceStatus } from "syncline";
import type * as Y from "yjs";

/** Who is at a document, and where in it. */
export type Presence = Space["presence"];

/** A document that is open, and how it stands. */
export interface Session {
  readonly text: Y.Text;
  readonly presence: Presence;
  /** Whether this session has changed the text. */
  readonly hasEdited: boolean;
  readonly status: SpaceStatus;
  /** Calls the listener at once, and whenever the status or `hasEdited` has changed. */
  watch(listener: () => void): void;
  /** Takes the client off the net, or back. */
  setOnline(isOnline: boolean): void;
}

/** The text in which a stock y-codemirror app would look, too. */
const textName = "codemirror";

/** Opens a document at the first relay that can be reached, in the order of the addresses. Throws `BAD_NAME` for a room that cannot be. */
export const openSession = async (urls: readonly string[], room: string): Promise<Session> => {
  const client = connect(urls);
  const space: Space = client.space(room);
  const doc = await space.doc("default");
  let hasEdited = false;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  doc.on(
    "update",
    (_update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
      if (!transaction.local || hasEdited) return;
      hasEdited = true;
      tell();
    },
  );
  space.on("status", tell);
  warnBeforeLoss(space);
  return {
    text: doc.getText(textName),
    presence: space.presence,
    get hasEdited() {
      return hasEdited;
    },
    get status() {
      return space.status;
    },
    watch: (listener) => {
      listeners.add(listener);
      listener();
    },
    setOnline: (isOnline) => {
      if (isOnline) client.connect();
      else client.disconnect();
    },
  };
};

/** The outbox is in memory: what no relay has yet would go with the page. */
const warnBeforeLoss = (space: Space): void => {
  addEventListener("beforeunload", (event) => {
    if (space.status.level === "local" && space.status.pending > 0) event.preventDefault();
  });
};
