/** Links to a space's home, one at a time: when one is lost, the next is opened after a while. */
import type { HomeMessage } from "@syncline/gossip";
import type { SpaceLink, SpacePort } from "../space-port.ts";
import type { StartTimer } from "../timer.ts";

/** What the links' owner is told. */
interface SpaceLinkHandlers {
  opened(): void;
  message(message: HomeMessage): void;
  lost(): void;
}

/** A link, or the wait for the next one. */
export interface SpaceLinks {
  open(): void;
  /** Dropped while there is no link. */
  send(message: Parameters<SpaceLink["send"]>[0]): void;
  /** The session works: the next wait begins from the base. */
  settled(): void;
  /** Ends the session; another follows. */
  restart(): void;
  close(): void;
}

const backoffBaseMs = 100;
const backoffCapMs = 2000;

interface Links {
  readonly port: SpacePort;
  readonly space: string;
  readonly startTimer: StartTimer;
  readonly handlers: SpaceLinkHandlers;
  /** Its link is null while the port opens it. */
  current: { link: SpaceLink | null } | null;
  lossCount: number;
  stopTimer: () => void;
  isClosed: boolean;
}

/** No link yet. */
export const createSpaceLinks = (
  options: Pick<Links, "port" | "space" | "startTimer" | "handlers">,
): SpaceLinks => {
  const links: Links = {
    ...options,
    current: null,
    lossCount: 0,
    stopTimer: () => {},
    isClosed: false,
  };
  return {
    open: () => open(links),
    send: (message) => links.current?.link?.send(message),
    settled: () => {
      links.lossCount = 0;
    },
    restart: () => {
      links.current?.link?.close();
      if (links.current !== null) lose(links);
    },
    close: () => {
      links.isClosed = true;
      links.stopTimer();
      links.current?.link?.close();
      links.current = null;
    },
  };
};

const open = (links: Links): void => {
  const opening: { link: SpaceLink | null } = { link: null };
  links.current = opening;
  let isLost = false;
  const link = links.port.open(links.space, {
    message: (message) => {
      if (links.current === opening) links.handlers.message(message);
    },
    closed: () => {
      isLost = true;
      if (links.current === opening && opening.link !== null) lose(links);
    },
  });
  opening.link = link;
  // The port may say at once that there is no way.
  if (isLost) lose(links);
  else links.handlers.opened();
};

/** The next link is opened after 100 ms, doubled up to 2 s, and somewhat earlier at random, so that rooms do not come in waves. */
const lose = (links: Links): void => {
  links.current = null;
  links.handlers.lost();
  if (links.isClosed) return;
  const ceilingMs = Math.min(backoffCapMs, backoffBaseMs * 2 ** links.lossCount);
  links.lossCount += 1;
  links.stopTimer = links.startTimer(() => open(links), ceilingMs * (0.5 + Math.random() / 2));
};
