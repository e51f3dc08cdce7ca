/**
 * Blows that take several steps, each of which waits for what the machines do: an old bug wants its leader to fall and to rise again, or its follower to
 * forget what it has said, in one order and no other.
 *
 * While one is under way nothing else is begun by the adversary; it gives up after a while.
 */
import type { Random } from "@syncline/machine";
import { overtake, overwrite, summon } from "./raft-late-schemes.ts";
import { electorsOf, endOf, isLeader, isSuccessor, termOf } from "./raft-memory.ts";
import type { RaftNode } from "./raft-node.ts";
import {
  append,
  cutAll,
  end,
  hold,
  later,
  letAllIn,
  pause,
  type SchemeStage,
  type Scheming,
  slowDown,
  timeoutOf,
  urge,
} from "./raft-scheme-moves.ts";
import { shuffled } from "./shuffled.ts";

/** One that is under way. */
export interface Scheme {
  /** A node has taken an input. */
  look(node: RaftNode): void;
  /** Ends whatever it has begun. */
  end(): void;
  readonly isOver: boolean;
  /** Who is to stay alone for ever when all else is made whole, or null. */
  readonly marooned: RaftNode | null;
}

/** The kinds of schemes. */
export type SchemeKind =
  /** What comes to a leader waits and what it says is lost, until another has led for a while: then old answers come. */
  | "echo"
  /** A leader's last entries come to one follower alone, whose word of them is late; it loses them with its power, and leads again. */
  | "relapse"
  /** A leader is cut off with a change of its own; what the next one says comes only to those who by its log do not vote, and it is never seen again. */
  | "maroon"
  /** A follower loses entries that others lack, and is given them again; as soon as it counts as whole, whoever has them is cut off. */
  | "mend"
  /** A leader appends in the turn in which it loses its office, and is elected again. */
  | "interrupt"
  /** Two who do not hear each other call elections at once; or one calls two, and hears of the first when another has been called, too. */
  | "duel"
  /** A leader's last entries wait for a follower's disk while another, who is elected, puts his own in their place. */
  | "overwrite"
  /** A follower is sent a snapshot of less than it has by then, since what it needed was only overtaken. */
  | "overtake"
  /** Who hears a leader is brought to a later term by a late answer, and asked for a vote there. */
  | "summon";

/** Begins one, with the node that was met. */
export const beginScheme = (
  kind: SchemeKind,
  stage: SchemeStage,
  hero: RaftNode,
  random: Random,
): Scheme => {
  const scheming: Scheming = {
    ...stage,
    hero,
    random,
    term: hero.raft!.state.term,
    others: shuffled(stage.nodes, random).filter((node) => node !== hero),
    undos: [],
    isOver: false,
    marooned: null,
    look: () => {},
  };
  schemes[kind](scheming);
  const giveUpMs = PATIENCE_TIMEOUTS * timeoutOf(scheming);
  later(scheming, giveUpMs, () => {
    if (scheming.marooned === null) end(scheming);
  });
  return {
    look: (node) => {
      if (!scheming.isOver && node.raft !== null) scheming.look(node);
    },
    end: () => end(scheming),
    get isOver() {
      return scheming.isOver;
    },
    get marooned() {
      return scheming.marooned;
    },
  };
};

const PATIENCE_TIMEOUTS = 15;

const echo = (scheming: Scheming): void => {
  const { hero, others, random, world } = scheming;
  for (const other of others) hold(scheming, other, hero);
  const [rival] = others;
  const { hasCheckQuorum } = hero.raft!.state.settings;
  if (rival === undefined || hasCheckQuorum || random.chance(0.3)) {
    cutAll(scheming, [hero], others, "out");
  } else {
    // They answer him once more, and then vote for another.
    const afterMs = world.network.delays.meanMs * random.pick([2, 3]);
    later(scheming, afterMs, () => rival.request(() => ({ kind: "campaign" })));
  }
  scheming.look = (node) => {
    if (!isSuccessor(node, { node: hero, term: scheming.term })) return;
    scheming.look = () => {};
    world.note(`${node.name} leads, and ${hero.name} has not heard of it`);
    const forMs = timeoutOf(scheming) * random.pick([0.15, 0.3, 0.6, 1]);
    later(scheming, forMs, () => end(scheming));
  };
};

const relapse = (scheming: Scheming): void => {
  const { hero, others, random, world } = scheming;
  const [witness, ...rest] = others;
  if (witness === undefined) return end(scheming);
  const index = endOf(hero) + 1;
  // Its word is late since its disk is, or only on its way.
  const isSlow = random.chance(0.5);
  const slowness = (timeoutOf(scheming) * random.pick([2, 5, 10])) / scheming.diskMs;
  const letRestIn = cutAll(scheming, [hero], rest, "both");
  const letWitnessSpeak = hold(scheming, witness, hero);
  const speedUp = slowDown(scheming, hero, 1000);
  if (isSlow) slowDown(scheming, witness, slowness);
  append(scheming, hero, 1);
  scheming.look = (node) => {
    const isThere = isSlow ? endOf(witness) >= index : witness.view.entries.has(index);
    if (node !== witness || !isThere) return;
    scheming.look = () => {};
    later(scheming, 1, () => {
      const letWitnessHear = cutAll(scheming, [hero, ...rest], [witness], "out");
      cutAll(scheming, [witness], rest, "out");
      const wakeUp = pause(scheming, witness);
      scheming.befall({ kind: "crash", node: hero.name, afterEffects: 0, forMs: 1 });
      later(scheming, 0, speedUp);
      letRestIn();
      urge(scheming, hero);
      scheming.look = (successor) => {
        if (!isLeader(successor) || termOf(successor) <= scheming.term) return;
        if (successor !== hero) return end(scheming);
        scheming.look = () => {};
        world.note(`${hero.name} leads again, with ${witness.name} alone`);
        cutAll(scheming, [hero], rest, "both");
        letWitnessHear();
        letWitnessSpeak();
        later(scheming, 0, wakeUp);
        later(scheming, timeoutOf(scheming) * random.pick([1, 4]), () => end(scheming));
      };
    });
  };
};

const maroon = (scheming: Scheming): void => {
  const { hero, others, world, diskMs } = scheming;
  const letHeroIn = cutAll(scheming, [hero], others, "both");
  scheming.look = (node) => {
    if (node === hero || !isLeader(node) || termOf(node) <= scheming.term) return;
    const { voters, outgoing } = electorsOf(node);
    const isUnaware = ({ id }: RaftNode): boolean =>
      electorsOf(hero).voters.includes(id) && !voters.includes(id) && !outgoing.includes(id);
    const unaware = others.filter((other) => isUnaware(other));
    if (unaware.length === 0) return end(scheming);
    scheming.look = () => {};
    world.note(`${node.name} leads, and is left alone`);
    scheming.marooned = node;
    const rest = others.filter((other) => other !== node && !unaware.includes(other));
    cutAll(scheming, [node], rest, "both");
    append(scheming, node, 1);
    later(scheming, 4 * world.network.delays.meanMs + 4 * diskMs, () => {
      cutAll(scheming, [node], [hero, ...unaware], "both");
      letHeroIn();
    });
  };
};

const mend = (scheming: Scheming): void => {
  const { hero, others, random, world } = scheming;
  const { commitIndex } = hero.raft!.state;
  const isHolder = ({ view }: RaftNode): boolean =>
    view.entries.has(commitIndex) && view.hole === null;
  const patient = others.find(isHolder);
  const lacking = others.filter((node) => !isHolder(node));
  if (patient === undefined || lacking.length === 0) return end(scheming);
  const holders = others.filter((node) => node !== patient && isHolder(node));
  // They answer, so that the leader goes on leading, and have on their disks what they had.
  const speedUps = lacking.map((node) => slowDown(scheming, node, 1000));
  append(scheming, hero, random.integer(0, 6));
  later(scheming, 2 * world.network.delays.meanMs, () => {
    if (!loseEnd(scheming, patient)) return end(scheming);
    later(scheming, 1, () => patient.node.start());
    scheming.look = (node) => {
      const state = node.raft?.state;
      if (node !== patient || state === undefined || state.recovery !== null) return;
      if (state.hole !== null) return;
      scheming.look = () => {};
      world.note(`${patient.name} counts as whole`);
      cutAll(scheming, [patient, ...lacking], [hero, ...holders], "both");
      for (const { name } of lacking) {
        scheming.befall({ kind: "crash", node: name, afterEffects: 0, forMs: 1 });
      }
      later(scheming, 0, () => {
        for (const speedUp of speedUps) speedUp();
      });
      later(scheming, 5 * timeoutOf(scheming), () => end(scheming));
    };
  });
};

/** The end of a log is lost, if nothing else is by now. */
const loseEnd = (scheming: Scheming, node: RaftNode): boolean => {
  const { random, world } = scheming;
  const isRunning = node.node.phase === "running" && !node.node.hasDamage;
  if (!isRunning || !scheming.mayLose(node)) return false;
  node.node.crash();
  if (!node.disk.rot(random.pick([0.1, 0.3, 0.6]))) return false;
  world.note(`the disk of ${node.name} loses the end of its log`);
  return true;
};

const interrupt = (scheming: Scheming): void => {
  const { hero, others, random, world } = scheming;
  const [rival, ...rest] = others;
  if (rival === undefined) return end(scheming);
  cutAll(scheming, others, rest, "both");
  cutAll(scheming, [hero], others, "out");
  const { settings } = hero.raft!.state;
  const timeoutMs = timeoutOf(scheming);
  // Who keeps to a leader is not moved by a rival; but such a leader goes when it has heard nobody for long.
  const pauseMs = settings.hasCheckQuorum
    ? timeoutMs * random.pick([2.1, 3])
    : 4 * world.network.delays.meanMs + 2 * scheming.diskMs;
  later(scheming, 0, () => {
    hero.node.pause();
    append(scheming, hero, 1);
    rival.request(() => ({ kind: "campaign" }));
  });
  later(scheming, pauseMs, () => {
    hero.node.resume();
    world.note(`${hero.name} goes on as ${hero.raft?.state.role.kind ?? "nobody"}`);
    letAllIn(scheming);
    urge(scheming, hero);
    later(scheming, 4 * timeoutMs, () => end(scheming));
  });
};

const duel = (scheming: Scheming): void => {
  const { hero, others, random, world, diskMs } = scheming;
  const [one, other] = others;
  if (one === undefined || other === undefined) return end(scheming);
  const call = (...nodes: readonly RaftNode[]): void =>
    later(scheming, 0, () => {
      for (const node of nodes) node.request(() => ({ kind: "campaign" }));
    });
  const roundMs = 2 * world.network.delays.meanMs + 2 * diskMs;
  if (random.chance(0.5)) {
    later(scheming, roundMs, () => {
      // Those with the longest logs, whom the rest may elect.
      const [first, second] = [...others].sort((left, right) => endOf(right) - endOf(left));
      cutAll(scheming, [first ?? one], [second ?? other], "both");
      call(first ?? one, second ?? other);
      later(scheming, 3 * roundMs, () => end(scheming));
    });
    return;
  }
  for (const node of [hero, ...others]) if (node !== one) hold(scheming, node, one);
  call(one);
  later(scheming, roundMs * random.pick([1, 2]), () => {
    cutAll(scheming, [one], [hero, ...others], "out");
    call(one, other);
    later(scheming, roundMs * random.pick([1, 1.5, 2]), () => end(scheming));
  });
};

const schemes: Record<SchemeKind, (scheming: Scheming) => void> = {
  echo,
  relapse,
  maroon,
  mend,
  interrupt,
  duel,
  overwrite,
  overtake,
  summon,
};
