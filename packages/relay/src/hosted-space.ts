/** One space at one of its homes: the home machine, run on this process's clock, disk and connections. */
import { createHome, type Home, type HomeProtocol, type HomeRequest, type SpaceMessage } from "@syncline/gossip";
import { type PeerId, type Runtime, startRuntime } from "@syncline/machine";
import { openSpaceJournal } from "./space-journal.ts";
import { createWaker } from "./timer.ts";
import type { RelayContext } from "./relay-context.ts";

/** What a hosted space needs of the host around it. */
export interface HostedSpacePorts {
  /** Passes a message on to a home or an edge. */
  send(to: PeerId, message: SpaceMessage): void;
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
  /** Since when nothing has happened, on the host's clock. */
  readonly quietSinceMs: number;
}

/** Opens a space. It recovers from disk first; meanwhile inputs are kept. */
export const openHostedSpace = (
  context: RelayContext,
  name: string,
  ports: HostedSpacePorts,
): HostedSpace => {
  let waiting: ((runtime: Runtime<HomeProtocol>) => void)[] = [];
  let runtime: Runtime<HomeProtocol> | null = null;
  let home: Home | null = null;
  let isStopped = false;
  let pendingCount = 0;
  let quietSinceMs = context.now();
  const waker = createWaker(context.now, () => runtime?.woken());

  const give = (input: (running: Runtime<HomeProtocol>) => void): void => {
    quietSinceMs = context.now();
    if (runtime !== null) input(runtime);
    else waiting.push(input);
  };

  const deliver = (output: HomeProtocol["output"]): void => {
    switch (output.kind) {
      case "compact": {
        const { document, type, payloads } = output;
        context.documents.merge(type, payloads).then(
          (payload) => give((to) => to.submitted({ kind: "compacted", document, payload })),
          (error: unknown) => {
            context.log.warn({ space: name, document, error: String(error) }, "a document was not compacted");
            give((to) => to.submitted({ kind: "compacted", document, payload: null }));
          },
        );
        return;
      }
      case "violation":
        return ports.violated(output.peer, output.reason);
      case "rolled-back":
        return ports.rolledBack(output.home);
    }
  };

  const start = async (): Promise<void> => {
    await context.ready();
    const journal = await openSpaceJournal(context.directory, name);
    if (isStopped) return;
    home = createHome(context.homeConfigOf(name), context.config.homeLimits);
    runtime = startRuntime<HomeProtocol>(home, journal.records, {
      now: context.now,
      append: (records, done) => {
        pendingCount += 1;
        journal.append(records, (error) => {
          pendingCount -= 1;
          done(error);
        });
      },
      load: (query, done) => {
        pendingCount += 1;
        journal.load(query, (error, rows) => {
          pendingCount -= 1;
          done(error, rows);
        });
      },
      send: ports.send,
      deliver,
      wake: (atMs) => waker.wake(atMs),
      failed: (error) => ports.failed(error, !isCorruption(error)),
    });
    const inputs = waiting;
    waiting = [];
    for (const input of inputs) input(runtime);
  };

  start().catch((error: unknown) => {
    const cause = error instanceof Error ? error : new Error(String(error));
    ports.failed(cause, !isCorruption(cause));
  });

  return {
    name,
    received: (from, message) => give((to) => to.received(from, message)),
    submitted: (request) => give((to) => to.submitted(request)),
    stop: () => {
      isStopped = true;
      waiting = [];
      waker.stop();
      runtime?.stop();
    },
    get home() {
      return home;
    },
    get isIdle() {
      if (home === null || pendingCount > 0 || waiting.length > 0) return false;
      const { sessions, isUnsettled, compaction, pull, catchUps } = home.state;
      const isBusy = compaction !== null || pull !== null || catchUps.size > 0;
      return sessions.size === 0 && !isUnsettled && !isBusy;
    },
    get quietSinceMs() {
      return quietSinceMs;
    },
  };
};

/** A record that cannot be read is one space's trouble; everything else that fails may be everybody's. */
const isCorruption = (error: Error): boolean =>
  "code" in error && error.code === "STORAGE_CORRUPT";
