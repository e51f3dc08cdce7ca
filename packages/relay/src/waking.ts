/** Comparing with a peer whose link has come up: the spaces of which it may lack something are opened, some at a time, and each compares itself. */
import type { HostedSpace } from "./hosted-space.ts";
import type { RelayContext } from "./relay-context.ts";
import type { SpaceHost } from "./space-host.ts";

/** Spaces that are compared at once; the next ones follow as these are through. */
const WAKING_MAX = 64;
/** A space that takes longer goes on by itself: the others need not wait for what one of them waits for. */
const WAKING_MS = 5000;
const LOOK_MS = 20;

/** The comparisons with all peers, at most one with each at a time. */
export interface Waking {
  /** A link is up; the comparison with this peer begins anew. */
  begin(home: string, incarnation: string): void;
  /** The link is gone, and with it the comparison. */
  end(home: string): void;
  /** Ends all for good. */
  close(): void;
}

/** What the comparisons need; `failed` is told of a directory that cannot be read or written. */
export interface WakingPorts {
  readonly host: Pick<SpaceHost, "wake" | "find">;
  failed(error: unknown): void;
}

/** One comparison. */
interface Run {
  readonly home: string;
  readonly incarnation: string;
  isOver: boolean;
}

/** No comparison yet. */
export const createWaking = (context: RelayContext, ports: WakingPorts): Waking => {
  const runByHome = new Map<string, { readonly run: Run; readonly ended: Promise<void> }>();
  let isClosed = false;

  const end = (home: string): void => {
    const known = runByHome.get(home);
    if (known !== undefined) known.run.isOver = true;
  };

  return {
    begin: (home, incarnation) => {
      if (isClosed) return;
      end(home);
      const run: Run = { home, incarnation, isOver: false };
      // After the one before, so that what it still writes of the peer does not overwrite what this one does.
      const before = runByHome.get(home)?.ended ?? Promise.resolve();
      const ended = before
        .then(() => compare(context, ports.host, run))
        .catch((error: unknown) => {
          if (!isClosed) ports.failed(error);
        });
      runByHome.set(home, { run, ended });
    },
    end,
    close: () => {
      isClosed = true;
      for (const home of runByHome.keys()) end(home);
    },
  };
};

const compare = async (
  context: RelayContext,
  host: WakingPorts["host"],
  run: Run,
): Promise<void> => {
  if (run.isOver) return;
  await markForNewcomer(context, run);
  let waking: Woken[] = [];
  for await (const space of context.directory.unsettledSpaces()) {
    if (run.isOver) return;
    if (!context.homesOf(space).includes(run.home)) continue;
    host.wake(space);
    waking.push({ space, sinceMs: context.now() });
    while (waking.length >= WAKING_MAX) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (run.isOver) return;
      waking = waking.filter(
        (woken) =>
          context.now() - woken.sinceMs < WAKING_MS &&
          isComparing(host.find(woken.space), run.home),
      );
    }
  }
};

interface Woken {
  readonly space: string;
  readonly sinceMs: number;
}

/** A peer with another incarnation than last time has lost its disk, or is new: it may lack something of every space. */
const markForNewcomer = async (
  { directory, log }: RelayContext,
  { home, incarnation }: Run,
): Promise<void> => {
  if ((await directory.peerIncarnation(home)) === incarnation) return;
  const count = await directory.markAll();
  await directory.setPeerIncarnation(home, incarnation);
  const facts = { peer: home, incarnation, count };
  log.info(facts, "all spaces are compared with a peer that is new here");
};

/** Whether a space is still at it: it recovers, or the peer lacks something that this home has. Other homes' absence is not waited for. */
const isComparing = (space: HostedSpace | null, home: string): boolean =>
  space !== null && (space.home === null || space.isAwaiting(home));
