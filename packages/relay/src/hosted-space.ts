/** One space at one of its homes: the home machine, run on this process's clock, disk and connections. */
import { covers } from "@syncline/clocks";
import {
  createHome,
  type Home,
  type HomeOutput,
  type HomeProtocol,
  type HomeRequest,
  type Rest,
  restOf,
  type SpaceMessage,
} from "@syncline/gossip";
import { type PeerId, type Runtime, startRuntime } from "@syncline/machine";
import { openSpaceJournal } from "./space-journal.ts";
import { createWaker, type Waker } from "./timer.ts";
import type { SpacePages } from "./page-cache.ts";
import type { RelayContext } from "./relay-context.ts";
import { valueFencing } from "./value-fencing.ts";

/**
 * The largest merged state. Homes that do not see each other may admit more of a document together than each would alone; as one it would be larger
 * than a frame, and could be sent to nobody. Its parts are left as they are then: each fits.
 */
const STATE_BYTES_MAX = 16 * 1024 * 1024 - 64 * 1024;

/** What a hosted space needs of the host around it. */
export interface HostedSpacePorts {
  /** Passes a message on to a home or an edge. */
  readonly send: (to: PeerId, message: SpaceMessage) => void;
  /** A peer broke the protocol. */
  violated(peer: PeerId, reason: string): void;
  /** Another home knows more of this directory's own log than the directory. */
  rolledBack(home: string): void;
  /** The space can be served no longer; `isFatal` if nothing of this relay can. */
  failed(error: Error, isFatal: boolean): void;
}

/** A space that is open here. Inputs before it has recovered wait in order. */
export interface HostedSpace {
  readonly name: string;
  received(from: PeerId, message: SpaceMessage): void;
  submitted(request: HomeRequest): void;
  stop(): void;
  /** Null until it has recovered. */
  readonly home: Home | null;
  /** Whether nothing would be lost or delayed if it were closed now. */
  readonly isIdle: boolean;
  /** What must be kept if it were stopped now though edges are there, or null if it must not be. */
  rest(): Rest | null;
  /** Whether another home that can be reached still lacks something, as far as is known here; false before it has recovered. */
  isAwaiting(home: string): boolean;
  /** Since when nothing has happened, on the host's clock. */
  readonly quietSinceMs: number;
}

interface Hosted {
  readonly context: RelayContext;
  readonly name: string;
  readonly ports: HostedSpacePorts;
  readonly waker: Waker;
  readonly pages: SpacePages;
  waiting: ((runtime: Runtime<HomeProtocol>) => void)[];
  runtime: Runtime<HomeProtocol> | null;
  home: Home | null;
  isStopped: boolean;
  readonly isCompacting: boolean;
  /** Appends and loads that were not answered yet. */
  pendingCount: number;
  quietSinceMs: number;
}

/** Opens a space. It recovers from disk first; meanwhile inputs are kept. */
export const openHostedSpace = (
  context: RelayContext,
  name: string,
  ports: HostedSpacePorts,
): HostedSpace => {
  const space: Hosted = {
    context,
    name,
    ports,
    waker: createWaker(context.now, () => space.runtime?.woken()),
    pages: context.pages.open(),
    waiting: [],
    runtime: null,
    home: null,
    isStopped: false,
    get isCompacting() {
      return !space.isStopped && space.home !== null && space.home.state.compaction !== null;
    },
    pendingCount: 0,
    quietSinceMs: context.now(),
  };
  recover(space).catch((error: unknown) => {
    const cause = error instanceof Error ? error : new Error(String(error));
    ports.failed(cause, !isCorruption(cause));
  });
  return {
    name,
    received: (from, message) => give(space, (to) => to.received(from, message)),
    submitted: (request) => give(space, (to) => to.submitted(request)),
    stop: () => {
      space.isStopped = true;
      space.waiting = [];
      space.waker.stop();
      space.pages.close();
      space.runtime?.stop();
    },
    get home() {
      return space.home;
    },
    get isIdle() {
      return isIdle(space);
    },
    rest: () => {
      const { home, pendingCount, waiting } = space;
      return home === null || pendingCount + waiting.length > 0 ? null : restOf(home.state);
    },
    isAwaiting: (home) => {
      const state = space.home?.state;
      const peer = state?.peers.get(home);
      return state !== undefined && peer !== undefined && isAwaited(state, peer);
    },
    get quietSinceMs() {
      return space.quietSinceMs;
    },
  };
};

const give = (space: Hosted, input: (runtime: Runtime<HomeProtocol>) => void): void => {
  space.quietSinceMs = space.context.now();
  if (space.runtime !== null) input(space.runtime);
  else space.waiting.push(input);
};

const recover = async (space: Hosted): Promise<void> => {
  const { context, name, ports, waker, pages } = space;
  await context.ready();
  const together = (answers: () => void): void =>
    space.runtime === null ? answers() : space.runtime.together(answers);
  const journal = await openSpaceJournal(context.directory, name, together);
  if (space.isStopped) return;
  space.home = createHome(context.homeConfigOf(name), context.config.homeLimits, valueFencing);
  space.runtime = startRuntime<HomeProtocol>(space.home, journal.records, {
    now: context.now,
    append: (records, done) => {
      space.pendingCount += 1;
      for (const record of records) {
        if (record.kind === "entry") context.chains.note(name, record.entry.batch);
      }
      pages.wrote(records);
      journal.append(records, (error) => {
        space.pendingCount -= 1;
        pages.wrote(records);
        done(error);
      });
    },
    load: (query, done, token) => {
      space.pendingCount += 1;
      const read = (answer: Parameters<typeof journal.load>[1]): void =>
        journal.load(query, answer);
      const begin = (): void =>
        pages.load(query, read, (error, rows) => {
          space.pendingCount -= 1;
          done(error, rows);
        });
      if (space.isCompacting && token === space.home?.state.compactionToken) {
        context.compactions.enter(space, begin);
      } else begin();
    },
    send: ports.send,
    deliver: (output) => deliver(space, output),
    wake: (atMs) => waker.wake(atMs),
    failed: (error) => ports.failed(error, !isCorruption(error)),
  });
  const inputs = space.waiting;
  space.waiting = [];
  for (const input of inputs) input(space.runtime);
};

const deliver = (space: Hosted, output: HomeProtocol["output"]): void => {
  switch (output.kind) {
    case "compact":
      return compact(space, output);
    case "violation":
      return space.ports.violated(output.peer, output.reason);
    case "rolled-back":
      return space.ports.rolledBack(output.home);
  }
};

/** Has a document merged at the side. One that cannot be merged stays as it is: many entries are slow, lost ones are lost. */
const compact = (
  space: Hosted,
  { document, type, payloads }: Extract<HomeOutput, { kind: "compact" }>,
): void => {
  const { context, name } = space;
  const answer = (payload: Uint8Array | null, proposal: Uint8Array | null = null): void =>
    give(space, (to) => to.submitted({ kind: "compacted", document, payload, proposal }));
  const giveUp = (error: unknown): void => {
    const facts = { space: name, document, error: String(error) };
    if (!space.isStopped) context.log.warn(facts, "a document was not compacted");
    answer(null);
  };
  context.documents.merge(type, payloads).then(({ payload, proposal }) => {
    if (payload.length <= STATE_BYTES_MAX) answer(payload, proposal);
    else giveUp(new Error(`its state has ${payload.length} bytes`));
  }, giveUp);
};

const isIdle = ({ home, pendingCount, waiting }: Hosted): boolean => {
  if (home === null || pendingCount > 0 || waiting.length > 0) return false;
  const { sessions, compaction, pull, catchUps } = home.state;
  const isBusy = compaction !== null || pull !== null || catchUps.size > 0;
  return sessions.size === 0 && !isBusy && !isSettling(home.state);
};

/**
 * Whether being open brings an unsettled space forward: a home that can be reached lacks something, or none does and the mark is about to be taken away.
 *
 * One that waits only for a home that is away is woken when that home comes back. Were all of these kept open, a relay's memory would grow for as long as
 * a peer is dead.
 */
const isSettling = (state: Home["state"]): boolean => {
  if (!state.isUnsettled) return false;
  const peers = [...state.peers.values()];
  return (
    peers.some((peer) => isAwaited(state, peer)) ||
    peers.every(({ reach }) => reach !== "unreachable")
  );
};

type Peer = Home["state"]["peers"] extends ReadonlyMap<string, infer P> ? P : never;

const isAwaited = ({ accepted }: Home["state"], { reach, isHeard, vector }: Peer): boolean =>
  reach !== "unreachable" && !(isHeard && covers(vector, accepted));

/** A record that cannot be read is one space's trouble; everything else that fails may be everybody's. */
const isCorruption = (error: Error): boolean => "code" in error && error.code === "STORAGE_CORRUPT";
