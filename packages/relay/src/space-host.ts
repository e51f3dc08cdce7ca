/** The spaces that are open at this relay: opened when somebody speaks of them, closed when they are quiet. With edges that stay they rest meanwhile. */
import {
  createSpaceWriter,
  type EdgeMessage,
  type HomeMessage,
  type HomeRequest,
  type Rest,
  type SpaceMessage,
  type SpaceWriter,
} from "@syncline/gossip";
import type { PeerId } from "@syncline/machine";
import { type HostedSpace, openHostedSpace } from "./hosted-space.ts";
import type { PeerLinks } from "./peer-links.ts";
import type { RelayContext } from "./relay-context.ts";
import type { EdgeHandlers, SpaceLink } from "./space-port.ts";
import { createSpacePresences, type SpacePresences } from "./space-presences.ts";
import { createSubmitJoiner, type SubmitJoiner } from "./submit-joiner.ts";
import { startProcessTimer } from "./timer.ts";

/** How long a space must be quiet before it is closed: to open it again costs a few reads, and where it has other homes a greeting with each. */
const QUIET_MS = { alone: 2000, shared: 10_000 } as const;
/** How long edges must be quiet before their home rests. The first frame after it waits for a few reads. */
const RESTLESS_MS = 5000;
const SWEEP_MS = 1000;

/** All spaces of this relay. */
export interface SpaceHost {
  /** Begins an edge's session with a space whose home this relay is. */
  attach(space: string, handlers: EdgeHandlers): SpaceLink;
  /** Another home says something. */
  receivedFromPeer(home: string, space: string, message: SpaceMessage): void;
  /** Opens a space so that it compares itself with the other homes. */
  wake(space: string): void;
  /** Tells every open space that this home shares with it. */
  tellPeer(home: string, request: HomeRequest): void;
  /** How a space is named on this process's connections; of a space whose home is elsewhere each session has a writer of its own, which ends with it. */
  readonly writerOf: (space: string) => SpaceWriter;
  /** The space, if it is open; one that rests is woken, and will have recovered soon. */
  find(space: string): HostedSpace | null;
  /** How many are open, those that rest included. */
  readonly spaceCount: number;
  /** How many of them rest. */
  readonly restingCount: number;
  /** Ends all spaces and tells all edges; they may be opened again. */
  stop(): void;
  /** The same for good: sessions that are asked for later end at once. */
  close(): void;
}

/** What the host needs of the relay. */
export interface SpaceHostPorts {
  readonly links: () => PeerLinks;
  rolledBack(space: string, home: string): void;
  failed(error: Error): void;
  /** A space is open no longer: its channel is free. */
  closedSpace(writer: SpaceWriter): void;
}

interface Hosting {
  readonly context: RelayContext;
  readonly ports: SpaceHostPorts;
  readonly spaces: Map<string, HostedSpace>;
  /** Of spaces whose homes rest, which are not among those. */
  readonly rests: Map<string, Rest>;
  readonly writers: Map<string, SpaceWriter>;
  readonly sessions: Map<PeerId, Session>;
  readonly presences: SpacePresences;
  channelCount: number;
  sessionCount: number;
  isClosed: boolean;
}

/** A host with nothing open. */
export const createSpaceHost = (context: RelayContext, ports: SpaceHostPorts): SpaceHost => {
  const hosting: Hosting = {
    context,
    ports,
    spaces: new Map(),
    rests: new Map(),
    writers: new Map(),
    sessions: new Map(),
    presences: createSpacePresences({
      now: context.now,
      startTimer: startProcessTimer,
      edgeCountOf: (space) => hosting.spaces.get(space)?.home?.state.sessions.size ?? 0,
      writerOf: (space) => writerOf(hosting, space),
    }),
    channelCount: 0,
    sessionCount: 0,
    isClosed: false,
  };
  const { spaces, rests } = hosting;
  const sweeper = setInterval(() => closeQuiet(hosting), SWEEP_MS);
  sweeper.unref();
  const stop = (): void => {
    for (const name of [...spaces.keys(), ...rests.keys()]) drop(hosting, name);
  };
  return {
    attach: (name, handlers) => attach(hosting, name, handlers),
    receivedFromPeer: (home, name, message) => {
      if (!hosting.isClosed) open(hosting, name).received(home, message);
    },
    wake: (name) => {
      if (!hosting.isClosed) open(hosting, name);
    },
    tellPeer: (home, request) => {
      for (const space of spaces.values()) {
        if (context.homesOf(space.name).includes(home)) space.submitted(request);
      }
    },
    writerOf: (name) =>
      context.homesOf(name).includes(context.config.id)
        ? writerOf(hosting, name)
        : createSpaceWriter(name, nextChannel(hosting)),
    find: (name) => (spaces.has(name) || rests.has(name) ? open(hosting, name) : null),
    get spaceCount() {
      return spaces.size + rests.size;
    },
    get restingCount() {
      return rests.size;
    },
    stop,
    close: () => {
      hosting.isClosed = true;
      clearInterval(sweeper);
      stop();
    },
  };
};

const attach = (hosting: Hosting, space: string, handlers: EdgeHandlers): SpaceLink => {
  hosting.sessionCount += 1;
  const session = new Session(hosting, `edge:${hosting.sessionCount}`, space, handlers);
  if (hosting.isClosed) queueMicrotask(() => handlers.closed());
  else hosting.sessions.set(session.peer, session);
  return session;
};

/** An edge's session. A class, since closures for each would be most of what a silent one costs. */
class Session implements SpaceLink {
  readonly hosting: Hosting;
  readonly peer: PeerId;
  readonly space: string;
  readonly handlers: EdgeHandlers;
  readonly joiner: SubmitJoiner = createSubmitJoiner((submit) => this.receive(submit));

  constructor(hosting: Hosting, peer: PeerId, space: string, handlers: EdgeHandlers) {
    this.hosting = hosting;
    this.peer = peer;
    this.space = space;
    this.handlers = handlers;
  }

  send(message: EdgeMessage): void {
    if (message.kind === "submit") return this.joiner.add(message);
    this.joiner.flush();
    this.receive(message);
  }

  congested(): void {
    this.tell({ kind: "congested", peer: this.peer });
  }

  drained(): void {
    this.tell({ kind: "drained", peer: this.peer });
  }

  close(): void {
    this.joiner.flush();
    endSession(this.hosting, this.peer);
  }

  receive(message: EdgeMessage): void {
    if (this.isAttached) open(this.hosting, this.space).received(this.peer, message);
  }

  tell(request: HomeRequest): void {
    this.joiner.flush();
    if (this.isAttached) open(this.hosting, this.space).submitted(request);
  }

  get isAttached(): boolean {
    return this.hosting.sessions.has(this.peer);
  }
}

const endSession = (hosting: Hosting, peer: PeerId): void => {
  const { sessions, presences, spaces, rests } = hosting;
  const session = sessions.get(peer);
  if (session === undefined) return;
  sessions.delete(peer);
  presences.left(session);
  const rest = rests.get(session.space);
  // Others may have to hear that somebody is seen no longer; without others there is nothing to do, and no home is needed for it.
  if (rest !== undefined && rest.sessions.length > 1) open(hosting, session.space);
  else if (rest !== undefined) forget(hosting, session.space);
  spaces.get(session.space)?.submitted({ kind: "disconnected", peer });
};

const open = (hosting: Hosting, name: string): HostedSpace => {
  const { context, ports, spaces, rests, sessions } = hosting;
  const known = spaces.get(name);
  if (known !== undefined) return known;
  const space = openHostedSpace(context, name, {
    send: (to, message) => send(hosting, name, to, message),
    violated: (peer, reason) => {
      context.log.warn({ space: name, peer, reason }, "a peer broke the protocol");
      const session = sessions.get(peer);
      if (session === undefined) return ports.links().reset(peer, reason);
      endSession(hosting, peer);
      session.handlers.closed();
    },
    rolledBack: (home) => ports.rolledBack(name, home),
    failed: (error, isFatal) => {
      if (isFatal) return ports.failed(error);
      context.log.error({ space: name, error: error.message }, "a space cannot be served");
      drop(hosting, name);
    },
  });
  spaces.set(name, space);
  const rest = rests.get(name);
  rests.delete(name);
  if (rest !== undefined) space.submitted({ kind: "resumed", rest });
  for (const home of context.homesOf(name)) {
    const reach = ports.links().reachOf(home);
    if (reach === "connected") space.submitted({ kind: "connected", home });
    if (ports.links().isCongested(home)) space.submitted({ kind: "congested", peer: home });
    if (reach === "unreachable") space.submitted({ kind: "unreachable", home });
  }
  return space;
};

const send = (hosting: Hosting, space: string, to: PeerId, message: SpaceMessage): void => {
  const session = hosting.sessions.get(to);
  if (session === undefined) {
    return hosting.ports.links().send(to, writerOf(hosting, space), message);
  }
  if (hosting.presences.take(session, message)) return;
  // A home never sends an edge anything but a home's messages; only the machine knows, not the types.
  session.handlers.message(message as HomeMessage);
};

const writerOf = (hosting: Hosting, space: string): SpaceWriter => {
  const known = hosting.writers.get(space);
  if (known !== undefined) return known;
  const writer = createSpaceWriter(space, nextChannel(hosting));
  hosting.writers.set(space, writer);
  return writer;
};

const nextChannel = (hosting: Hosting): number => {
  hosting.channelCount += 1;
  return hosting.channelCount;
};

const drop = (hosting: Hosting, name: string): void => {
  const { spaces, sessions } = hosting;
  spaces.get(name)?.stop();
  for (const [peer, session] of sessions) {
    if (session.space !== name) continue;
    sessions.delete(peer);
    session.handlers.closed();
  }
  forget(hosting, name);
};

/** Nothing stands for the space any more, and its channel is free. */
const forget = ({ spaces, rests, presences, writers, ports }: Hosting, name: string): void => {
  presences.close(name);
  spaces.delete(name);
  rests.delete(name);
  const writer = writers.get(name);
  writers.delete(name);
  if (writer !== undefined) ports.closedSpace(writer);
};

const closeQuiet = (hosting: Hosting): void => {
  const { context, spaces } = hosting;
  const isAlone = context.config.urlByPeer.size === 0;
  const nowMs = context.now();
  const quietMs = isAlone ? QUIET_MS.alone : QUIET_MS.shared;
  for (const space of spaces.values()) {
    const ageMs = nowMs - space.quietSinceMs;
    if (ageMs > quietMs && space.isIdle) drop(hosting, space.name);
    else if (ageMs > RESTLESS_MS) layToRest(hosting, space);
  }
};

const layToRest = ({ spaces, rests, presences }: Hosting, space: HostedSpace): void => {
  const rest = space.rest();
  if (rest === null) return;
  presences.flush(space.name);
  presences.close(space.name);
  space.stop();
  spaces.delete(space.name);
  rests.set(space.name, rest);
};
