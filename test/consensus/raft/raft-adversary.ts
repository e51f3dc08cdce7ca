/** Carries out aims: looks at every node after each of its steps, and strikes whoever is at the moment that an aim waits for. */
import { encodeSessionCommand, type RaftMessage } from "@syncline/consensus/raft";
import { type Random, seededRandom } from "@syncline/machine";
import type { FaultKind, World } from "@syncline/simulator";
import { describeAim, type RaftAim } from "./raft-aims.ts";
import { hasOnDisk } from "./raft-disk.ts";
import { isSuccessor } from "./raft-memory.ts";
import { isAt, votersBefore } from "./raft-moments.ts";
import type { RaftNode } from "./raft-node.ts";
import { beginScheme, type Scheme, type SchemeKind } from "./raft-schemes.ts";
import { shuffled } from "./shuffled.ts";

/** What an adversary needs. */
export interface AdversarySetup {
  readonly world: World<RaftMessage>;
  readonly nodes: readonly RaftNode[];
  /** What a write to a disk takes, in the mean. */
  readonly diskMs: number;
  /** Whether a disk may be lost now. */
  mayLose(node: RaftNode): boolean;
}

/** One who waits. */
export interface Adversary {
  /** From now on it waits for this. */
  arm(aim: RaftAim): void;
  /** A node has taken an input. */
  look(node: RaftNode): void;
  /** Waits for nothing any more, and ends what it has begun. */
  stop(): void;
  /** Who is to stay alone when everything else is made whole; null if nobody was left so. */
  readonly marooned: RaftNode | null;
  /** How many blows fell, by moment and blow. */
  readonly countByAim: ReadonlyMap<string, number>;
}

interface Adverse extends AdversarySetup {
  armed: RaftAim[];
  /** An old leader that is kept outside until another has committed. */
  usurper: { readonly node: RaftNode; readonly term: number; readonly aim: RaftAim } | null;
  cuts: (readonly [number, number])[];
  scheme: Scheme | null;
  readonly countByAim: Map<string, number>;
}

/** An adversary that waits for nothing yet. */
export const createAdversary = (setup: AdversarySetup): Adversary => {
  const state: Adverse = {
    ...setup,
    armed: [],
    usurper: null,
    cuts: [],
    scheme: null,
    countByAim: new Map(),
  };
  return {
    countByAim: state.countByAim,
    get marooned() {
      return state.scheme?.marooned ?? null;
    },
    arm: (aim) => {
      // A scheme is left alone; were aims kept till its end, all of them would fall at once.
      if (state.scheme === null || state.scheme.isOver) state.armed.push(aim);
    },
    look: (node) => {
      if (state.usurper !== null) lookForSuccessor(state, node);
      if (state.scheme !== null && !state.scheme.isOver) return state.scheme.look(node);
      const aim = state.armed.find(({ moment }) => isAt(moment, node, state.nodes));
      if (aim === undefined) return;
      state.armed = state.armed.filter((one) => one !== aim);
      const kind = `${aim.moment}: ${aim.blow}`;
      state.countByAim.set(kind, (state.countByAim.get(kind) ?? 0) + 1);
      state.world.note(`${node.name}: ${describeAim(aim)}`);
      strike(state, node, aim);
    },
    stop: () => {
      state.armed = [];
      letIn(state);
      state.scheme?.end();
    },
  };
};

/** Whatever is struck is struck at once, but after the step that is under way; what that step sends is under way, too, and lost where a line is cut. */
const befall = ({ world }: Adverse, fault: FaultKind): void =>
  world.befall([{ atMs: world.nowMs, ...fault }]);

const strike = (state: Adverse, hero: RaftNode, aim: RaftAim): void => {
  const random = seededRandom(aim.draw);
  const { forMs } = aim;
  switch (aim.blow) {
    case "cut-off":
      return separate(state, [hero, ...someOf(othersOf(state, hero), random)], forMs);
    case "cut-off-from-voters":
      return cutOffFromVoters(state, hero, forMs, random);
    case "deafen": {
      const lines = othersOf(state, hero).map(({ name }) => [name, hero.name] as const);
      return befall(state, { kind: "partition", shape: "isolated", lines, forMs });
    }
    case "hold":
      for (const { name } of othersOf(state, hero)) {
        befall(state, { kind: "clog", from: name, to: hero.name, forMs });
      }
      return;
    case "crash":
      return crash(state, hero, forMs, random);
    case "black-out":
      for (const node of state.nodes) crash(state, node, random.integer(1, 20), random);
      return;
    case "pause":
      return befall(state, { kind: "pause", node: hero.name, forMs });
    case "slow-disks":
      for (const { name } of othersOf(state, hero)) {
        befall(state, { kind: "slow-disk", node: name, times: random.pick([10, 50]), forMs });
      }
      return;
    case "wipe":
      return befall(state, { kind: "wipe", node: hero.name, forMs: random.integer(1, 20) });
    case "usurp":
      return usurp(state, hero, aim, random);
    case "forget":
      return forget(state, hero, forMs, random);
    case "rival": {
      const others = shuffled(othersOf(state, hero), random);
      for (const node of others.slice(0, random.chance(0.7) ? 1 : 2)) {
        node.request(() => ({ kind: "campaign" }));
      }
      return;
    }
    case "echo":
    case "relapse":
    case "maroon":
    case "mend":
    case "interrupt":
    case "duel":
    case "overwrite":
    case "overtake":
    case "summon":
      return scheme(state, hero, aim.blow, random);
  }
};

const scheme = (state: Adverse, hero: RaftNode, kind: SchemeKind, random: Random): void => {
  if (state.usurper !== null) return;
  state.armed = [];
  const stage = { ...state, befall: (fault: FaultKind) => befall(state, fault) };
  state.scheme = beginScheme(kind, stage, hero, random);
};

const othersOf = ({ nodes }: Adverse, hero: RaftNode): readonly RaftNode[] =>
  nodes.filter((node) => node !== hero);

/** Some of them, but not all; none if there are none. */
const someOf = (nodes: readonly RaftNode[], random: Random): readonly RaftNode[] =>
  nodes.length === 0 ? [] : shuffled(nodes, random).slice(0, random.integer(0, nodes.length));

const separate = (state: Adverse, group: readonly RaftNode[], forMs: number): void => {
  const rest = state.nodes.filter((node) => !group.includes(node));
  const lines = group.flatMap((one) =>
    rest.flatMap((other) => [[one.name, other.name] as const, [other.name, one.name] as const]),
  );
  befall(state, { kind: "partition", shape: "halves", lines, forMs });
};

const cutOffFromVoters = (state: Adverse, hero: RaftNode, forMs: number, random: Random): void => {
  const { configurations } = hero.raft!.state.log;
  const old = votersBefore(hero) ?? configurations.at(-1)!.configuration.voters;
  const others = shuffled(othersOf(state, hero), random);
  const majority = Math.floor(old.length / 2) + 1;
  // Those first who are on their way out: the rest may then be a majority of its own.
  const now = configurations.at(-1)!.configuration.voters;
  const voters = others
    .filter(({ id }) => old.includes(id))
    .sort((one, other) => Number(now.includes(one.id)) - Number(now.includes(other.id)));
  const apart = voters.slice(0, majority);
  separate(
    state,
    state.nodes.filter((node) => !apart.includes(node)),
    forMs,
  );
};

const crash = (state: Adverse, node: RaftNode, forMs: number, random: Random): void =>
  befall(state, {
    kind: "crash",
    node: node.name,
    afterEffects: random.chance(0.4) ? 0 : random.integer(1, 12),
    forMs: random.chance(0.5) ? random.integer(1, 20) : forMs,
  });

const usurp = (state: Adverse, hero: RaftNode, aim: RaftAim, random: Random): void => {
  if (state.usurper !== null) return;
  const { network } = state.world;
  state.usurper = { node: hero, term: hero.raft!.state.term, aim };
  for (const other of othersOf(state, hero)) {
    const [one, two] = [hero.node.index, other.node.index];
    state.cuts.push([one, two], [two, one]);
  }
  for (const [from, to] of state.cuts) network.cut(from, to, 1);
  const noise = encodeSessionCommand({ kind: "expire", timeMs: 0 });
  const count = random.integer(0, 25);
  state.world.schedule.at(state.world.nowMs, () => {
    for (let place = 0; place < count; place += 1) hero.propose(noise, () => {});
  });
};

const lookForSuccessor = (state: Adverse, node: RaftNode): void => {
  const { usurper } = state;
  if (usurper === null || !isSuccessor(node, usurper)) return;
  state.world.note(`${node.name} has committed: ${usurper.node.name} is let in again`);
  letIn(state);
  const random = seededRandom(usurper.aim.draw).fork("successor");
  const { forMs } = usurper.aim;
  const what = random.pick(["cut", "cut", "crash", "wipe", "nothing"] as const);
  if (what === "cut") separate(state, [node], forMs);
  if (what === "crash") befall(state, { kind: "crash", node: node.name, afterEffects: 0, forMs });
  if (what === "wipe") befall(state, { kind: "wipe", node: node.name, forMs });
};

const letIn = (state: Adverse): void => {
  for (const [from, to] of state.cuts) state.world.network.cut(from, to, -1);
  state.cuts = [];
  state.usurper = null;
};

const forget = (state: Adverse, hero: RaftNode, forMs: number, random: Random): void => {
  const { commitIndex, term } = hero.raft!.state;
  const others = shuffled(othersOf(state, hero), random);
  const holders = others.filter(({ view }) => hasOnDisk(view, { index: commitIndex, term }));
  const [loser, ...kept] = holders;
  if (loser === undefined) return;
  separate(state, [hero, ...kept], forMs);
  if (random.chance(0.5)) {
    return befall(state, { kind: "wipe", node: loser.name, forMs: random.integer(1, 20) });
  }
  const { world } = state;
  world.schedule.at(world.nowMs, () => {
    // Asked only now: something else may have been lost at the same time.
    if (loser.node.hasDamage || !state.mayLose(loser)) return;
    loser.node.crash();
    if (loser.disk.rot(0.9)) world.note(`the disk of ${loser.name} loses the end of its log`);
  });
};
