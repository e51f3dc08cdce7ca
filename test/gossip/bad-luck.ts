/** What a seed does to a world: people who write and move, relays that die, disks that are lost, links that break. And what must hold when it is over. */
import { numberOf } from "@syncline/clocks";
import { type Random, seededRandom } from "@syncline/machine";
import type { Rows } from "./simulated-disk.ts";
import type { SimulatedEdge } from "./simulated-edge.ts";
import type { SimulatedHome } from "./simulated-home.ts";
import { describe } from "./traces.ts";
import { createWorld, type World } from "./world.ts";

interface Copy {
  readonly home: string;
  readonly rows: Rows;
  readonly incarnation: string;
}

/** How long homes and edges may take to agree once everything is whole again. */
const HEALED_WITHIN_MS = 30_000;

/** Runs the world of this seed to its end; throws what went wrong. */
export const runSeed = (seed: number, note: ((line: string) => void) | null = null): World => {
  const random = seededRandom(seed).fork("bad luck");
  const world: World = createWorld({
    ...setupOf(seed, random),
    ...(note === null
      ? {}
      : { tap: (from, to, said) => note(`${world.time.nowMs} ${from} > ${to} ${describe(said)}`) }),
  });
  if (note !== null) {
    for (const home of world.homes) {
      home.note = (line) => note(`${world.time.nowMs} ${home.name} ${line}`);
    }
  }
  const copies: Copy[] = [];
  const stepCount = random.integer(20, 120);
  for (let step = 0; step < stepCount; step += 1) {
    act(world, random, copies);
    world.run(random.integer(0, random.chance(0.1) ? 1500 : 80));
  }
  heal(world, random);
  world.runUntil(() => whyNotAgreed(world), HEALED_WITHIN_MS);
  return world;
};

const setupOf = (seed: number, random: Random): Parameters<typeof createWorld>[0] => {
  const isSmall = random.chance(0.5);
  return {
    seed,
    homeCount: random.pick([1, 2, 3, 3, 3, 3, 5]),
    edgeCount: random.integer(1, 6),
    isCoded: seed % 2 === 0,
    delayMs: [1, random.pick([2, 20, 100])],
    failingCompactions: random.pick([0, 0, 0.3]),
    homeLimits: {
      pageBytesMax: random.pick([1, 300, 2000]),
      recentBytesMax: random.pick([1, 500, 3000, 100_000]),
      compactAfterEntries: random.pick([3, 10, 1000]),
      compactEntriesMin: random.pick([1, 2, 4]),
      waitingBytesMax: isSmall ? 500 : 100_000,
      readWaitMs: random.pick([100, 500, 2000]),
      pullGraceMs: random.pick([10, 50, 200]),
      pullTimeoutMs: random.pick([2000, 5000]),
      durableIntervalMs: random.pick([50, 500]),
      // A stream of its own: the other draws stay what they were.
      awaitedIntervalMs: random.fork("awaited").pick([10, 250]),
      storedIntervalMs: random.fork("stored").pick([10, 100]),
    },
    edgeLimits: {
      carriedBytesMax: random.pick([0, 500, 100_000, 100_000, 100_000, 100_000]),
      submitBytesMax: random.pick([1, 500, 100_000]),
    },
  };
};

type Deed = (world: World, random: Random) => void;
type DeedWithCopies = (world: World, random: Random, copies: Copy[]) => void;

const act: DeedWithCopies = (world, random, copies) => {
  const draw = random.integer(0, 100);
  if (draw < 45) return write(world, random);
  if (draw < 60) return move(world, random);
  if (draw < 66) return breakLink(world, random);
  if (draw < 72) return mendLink(world, random);
  if (draw < 79) return crash(world, random);
  if (draw < 86) return restart(world, random);
  if (draw < 88) return loseDisk(world, random);
  if (draw < 91) return copyDisk(world, random, copies);
  if (draw < 94) return setBack(world, random, copies);
  congest(world, random);
};

const write: Deed = (world, random) => {
  const count = random.pick([1, 1, 1, 3, 12]);
  for (let index = 0; index < count; index += 1) {
    random.pick(world.edges).edit(random.pick(["x", "y", "z"]));
  }
};

const move: Deed = (world, random) => {
  const home = random.chance(0.2) ? null : random.pick(world.homes).name;
  world.point(random.pick(world.edges), home);
};

const twoHomes = (world: World, random: Random): readonly [string, string] | null => {
  const one = random.pick(world.homes);
  const others = world.homes.filter((home) => home !== one);
  return others.length === 0 ? null : [one.name, random.pick(others).name];
};

const breakLink: Deed = (world, random) => {
  const pair = twoHomes(world, random);
  if (pair === null) return;
  if (random.chance(0.3)) world.slowLink(...pair, random.pick([100, 1000]));
  else world.cutLink(...pair);
};

const mendLink: Deed = (world, random) => {
  const pair = twoHomes(world, random);
  if (pair !== null) world.healLink(...pair);
};

const crash: Deed = (world, random) => {
  const home = random.pick(world.homes);
  if (home.machine !== null) home.crash(random.chance(0.5) ? 0 : random.integer(1, 60));
};

const restart: Deed = (world, random) => {
  world.startHome(random.pick(world.homes).name);
};

const loseDisk: Deed = (world, random) => {
  const home = random.pick(world.homes);
  home.crash(0);
  if (isNeeded(world, home)) return;
  home.wipe();
  world.startHome(home.name);
};

const copyDisk: DeedWithCopies = (world, random, copies) => {
  const home = random.pick(world.homes);
  copies.push({ home: home.name, rows: home.copy(), incarnation: home.incarnation });
};

/** Only when everybody who knows more can say so at the first contact: a home that is alone with an old copy cannot know that it is one. */
const setBack: DeedWithCopies = (world, random, copies) => {
  const usable = copies.filter(
    ({ home, incarnation }) => world.home(home).incarnation === incarnation,
  );
  if (usable.length === 0 || world.homes.length === 1) return;
  const copy = random.pick(usable);
  const home = world.home(copy.home);
  for (const other of world.homes) {
    other.crash(Number.POSITIVE_INFINITY);
    world.startHome(other.name);
    if (other !== home) world.healLink(home.name, other.name);
  }
  if (home.machine === null || home.machine.state.limits.readWaitMs < 1000) return;
  for (const peer of home.congested) home.congest(peer, false);
  world.runUntil(
    () => (isAheadOfAll(world, home) ? `nobody has all of ${home.name}` : null),
    20_000,
  );
  home.crash(0);
  // What was under way when the power failed may have come to the disk, where nobody else knows of it.
  if (isNeeded(world, home) || isAheadOfAll(world, home)) return;
  home.setBack(copy.rows, copy.incarnation);
  world.startHome(home.name);
  const whoIsMissing = (): string | null => {
    const peers = [...(home.machine?.state.peers.values() ?? [])];
    return peers.every((peer) => peer.isHeard) ? null : `${home.name} has not met everybody`;
  };
  world.runUntil(whoIsMissing, 5000);
};

/** Whether no other home has all of the home's own log: then nobody can tell the home that it was set back. */
const isAheadOfAll = (world: World, home: SimulatedHome): boolean => {
  const reached = ({ view }: SimulatedHome): number => numberOf(view.vector, home.incarnation);
  const others = world.homes.filter((other) => other !== home).map(reached);
  return reached(home) > Math.max(...others);
};

/** Whether the loss of this disk would lose what was called settled: more disks would be gone at once than the promise allows for. */
const isNeeded = (world: World, home: SimulatedHome): boolean =>
  [...world.judge.settled].some(
    (key) => !world.homes.some((other) => other !== home && other.view.items.items.has(key)),
  );

const congest: Deed = (world, random) => {
  const home = random.pick(world.homes);
  const peers = [...home.connections.keys()];
  if (peers.length === 0) return;
  const peer = random.pick(peers);
  home.congest(peer, !home.congested.has(peer));
};

const heal = (world: World, random: Random): void => {
  for (const home of world.homes) {
    for (const peer of home.congested) home.congest(peer, false);
    for (const other of world.homes) if (other !== home) world.healLink(home.name, other.name);
    home.crash(Number.POSITIVE_INFINITY);
    world.startHome(home.name);
  }
  for (const edge of world.edges) {
    if (edge.session === null) world.point(edge, random.pick(world.homes).name);
  }
};

/** What is not yet as it must be once everything is whole again and all edges that are not offline have settled, or null. */
export const whyNotAgreed = (world: World): string | null => {
  const most = Math.max(...world.homes.map(({ view }) => view.items.items.size));
  for (const { name, view, machine } of world.homes) {
    if (machine === null) return `${name} is down`;
    const unheard = [...machine.state.peers.values()].find((peer) => !peer.isHeard);
    if (unheard !== undefined) return `${name} has not met ${unheard.home}`;
    if (view.items.items.size < most) {
      return `${name} has ${view.items.items.size} items of ${most}`;
    }
  }
  for (const edge of world.edges) {
    const why = whyNotSettled(edge, most);
    if (why !== null) return why;
  }
  // All have as many; now that it is worth the time, whether they have the same.
  const items = world.itemsAt(world.homes[0]!.name);
  for (const home of world.homes) {
    if (world.itemsAt(home.name).join() !== items.join()) return `${home.name} has other items`;
  }
  for (const { name, replica, target } of world.edges) {
    if (target !== null && [...replica.items.keys()].sort().join() !== items.join()) {
      return `${name} shows other items`;
    }
  }
  for (const key of world.judge.settled) {
    if (!items.includes(key)) return `${key} was settled and is lost`;
  }
  return null;
};

const whyNotSettled = (edge: SimulatedEdge, itemCount: number): string | null => {
  if (edge.target === null) return null;
  if (edge.machine.state.phase !== "joined") return `${edge.name} has not been welcomed`;
  const shownCount = edge.replica.items.size;
  if (shownCount < itemCount) return `${edge.name} shows ${shownCount} items of ${itemCount}`;
  const { state } = edge.machine;
  if (state.levels.all < state.lastNumber) {
    return `${edge.name} is at ${JSON.stringify(state.levels)} of ${state.lastNumber}`;
  }
  return state.held.size === 0 ? null : `${edge.name} still holds ${state.held.size} batches`;
};
