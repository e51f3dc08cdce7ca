/** One run of CASPaxos: clients under trouble; then all is whole, everybody must get on, and the history must be linearizable. */
import { describeVerdict } from "@syncline/simulator/judges";
import type { WorldTally } from "@syncline/simulator";
import { createClients, type Clients } from "./clients.ts";
import { judge, type ObjectAction, type ObjectChange, objectKeys } from "./objects.ts";
import { createRegisterWorld, type Observer, type RegisterWorld } from "./register-world.ts";
import type { RegisterStory } from "./story.ts";

/** What came of a run. */
export interface RegisterRun {
  readonly failure: Error | null;
  readonly tally: WorldTally;
  readonly fingerprint: number;
  readonly chosenCount: number;
  readonly operationCount: number;
  readonly endedCount: number;
}

const ENDED_WITHIN_MS = 120_000;

/** Tells a story to its end, or to what was wrong first. */
export const tellRegisterStory = (
  story: RegisterStory,
  observe: Observer | null = null,
): RegisterRun => {
  const clients = createClients(() => cluster);
  const cluster: RegisterWorld = createRegisterWorld(story, clients, observe);
  const { world, oracle } = cluster;
  let failure: Error | null = null;
  try {
    endure(cluster, clients, story);
    recover(cluster, clients, story);
    for (const verdict of judge(clients.history())) {
      if (verdict.kind === "violated") throw new Error(describeVerdict(verdict));
    }
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  return {
    failure,
    tally: world.tally,
    fingerprint: world.fingerprint,
    chosenCount: oracle.chosenCount,
    operationCount: clients.history().length,
    endedCount: clients.endedCount,
  };
};

const endure = (cluster: RegisterWorld, clients: Clients, story: RegisterStory): void => {
  const { world } = cluster;
  for (const deed of story.deeds) {
    world.schedule.at(deed.atMs, () => {
      if (deed.kind === "collect") return cluster.collect(deed.by, deed.key);
      const { key, client, number, action, by } = deed;
      clients.call({ key, action, id: { client, number } }, by);
    });
  }
  for (const { atMs, proposer, afterEffects } of story.restarts) {
    world.schedule.at(atMs, () => world.node(proposer).crash(afterEffects));
  }
  world.befall(story.faults);
  world.run(story.forMs);
};

/** Everything is whole: lost acceptors are replaced, and at every proposer each key can be changed and read. */
const recover = (cluster: RegisterWorld, clients: Clients, story: RegisterStory): void => {
  const { world, operator } = cluster;
  world.note("everything is made whole");
  world.heal();
  world.runUntil(() => (operator.isAtRest ? null : "an acceptor is not replaced"), ENDED_WITHIN_MS);
  const ids = story.proposers.flatMap((proposer) =>
    objectKeys.map((key, index) => {
      const id = { client: `last ${proposer}`, number: index + 1 };
      const tag = `last-${proposer}-${key}`;
      const action = lastAction(key, tag);
      clients.call(
        { key, id, action },
        Array.from({ length: 200 }, () => proposer),
      );
      return id;
    }),
  );
  const whyNotEnded = (): string | null => {
    const open = ids.find((id) => !clients.isEnded(id));
    return open === undefined ? null : `${open.client} waits for operation ${open.number}`;
  };
  world.runUntil(whyNotEnded, ENDED_WITHIN_MS);
  for (const key of objectKeys) {
    const id = { client: "reader", number: objectKeys.indexOf(key) + 1 };
    if (key !== "s1") clients.call({ key, id, action: { kind: "read" } }, story.proposers);
  }
  world.run(5000);
};

const lastAction = (key: string, tag: string): ObjectAction => ({
  kind: "change",
  change: lastChange(key, tag),
});

const lastChange = (key: string, tag: string): ObjectChange => {
  switch (key.charAt(0)) {
    case "v":
      return { kind: "write", tag, value: tag };
    case "r":
      return { kind: "put", tag, value: tag };
    case "c":
      return { kind: "claim", tag, owner: tag };
    case "n":
      return { kind: "reserve", tag, count: 1 };
    default:
      return { kind: "next", tag };
  }
};
