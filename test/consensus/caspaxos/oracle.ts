/** What must hold of CASPaxos at every step, seen from outside: from what comes to the disks, what is said, and what applications are told. */
import {
  type AcceptorRecord,
  type Ballot,
  compareBallots,
  describeBallot,
  noBallot,
  type Register,
  type RegisterConfig,
  type RegisterMessage,
  type RegisterState,
} from "@syncline/consensus/caspaxos";
import { type Past, readStored } from "./objects.ts";

/** An observer that is told of every write and every message, and throws at the first promise that is broken. */
export interface RegisterOracle {
  written(incarnation: string, records: readonly AcceptorRecord[]): void;
  /** An acceptor says this. */
  said(incarnation: string, message: RegisterMessage): void;
  /** A proposer says this. */
  proposed(message: RegisterMessage): void;
  /** The change with this tag is told to be committed. */
  committed(key: string, tag: string): void;
  configured(config: RegisterConfig): void;
  /** How many ballots were chosen. */
  readonly chosenCount: number;
}

interface Chosen {
  readonly ballot: Ballot;
  readonly past: string | null;
}

interface OfKey {
  readonly stateByBallot: Map<string, string>;
  readonly holdersByBallot: Map<string, Set<string>>;
  readonly chosenNames: Set<string>;
  /** Ascending by ballot. */
  readonly chosen: Chosen[];
  readonly chosenTags: Set<string>;
}

const textOf = (state: RegisterState): string =>
  JSON.stringify(state, (_name, value: unknown) =>
    value instanceof Uint8Array ? [...value] : value,
  );

const tagOf = (past: string): string => past.split("<")[0] ?? "";

/** An oracle that has seen nothing. */
export const createRegisterOracle = (pasts: Past): RegisterOracle => {
  const keys = new Map<string, OfKey>();
  const disks = new Map<string, Map<string, Register>>();
  const floors = new Map<string, number>();
  const configs: RegisterConfig[] = [];
  let chosenCount = 0;

  const ofKey = (key: string): OfKey => {
    const known = keys.get(key);
    if (known !== undefined) return known;
    const fresh: OfKey = {
      stateByBallot: new Map(),
      holdersByBallot: new Map(),
      chosenNames: new Set(),
      chosen: [],
      chosenTags: new Set(),
    };
    keys.set(key, fresh);
    return fresh;
  };

  const diskOf = (incarnation: string): Map<string, Register> => {
    const disk = disks.get(incarnation) ?? new Map<string, Register>();
    disks.set(incarnation, disk);
    return disk;
  };

  /** OnlyOneValuePerBallot. */
  const checkState = (key: string, ballot: Ballot, state: RegisterState): void => {
    const { stateByBallot } = ofKey(key);
    const name = describeBallot(ballot);
    const text = textOf(state);
    if ((stateByBallot.get(name) ?? text) !== text) {
      throw new Error(`a ballot has two values: ${name} of ${key}`);
    }
    stateByBallot.set(name, text);
  };

  const hold = (
    incarnation: string,
    key: string,
    { ballot, state }: { ballot: Ballot; state: RegisterState },
  ): void => {
    checkState(key, ballot, state);
    const of = ofKey(key);
    const name = describeBallot(ballot);
    const holders = of.holdersByBallot.get(name) ?? new Set();
    of.holdersByBallot.set(name, holders.add(incarnation));
    if (of.chosenNames.has(name)) return;
    const isChosen = configs.some(
      ({ acceptors, acceptQuorum }) =>
        acceptors.filter((acceptor) => holders.has(acceptor.incarnation)).length >= acceptQuorum,
    );
    if (!isChosen) return;
    of.chosenNames.add(name);
    chosenCount += 1;
    choose(key, of, ballot, state);
  };

  /** Chosen values form a chain: each comes from the one that was chosen before it. */
  const choose = (key: string, of: OfKey, ballot: Ballot, state: RegisterState): void => {
    const past = readStored(state.value)?.past ?? null;
    const chosen: Chosen = { ballot, past };
    of.chosen.push(chosen);
    of.chosen.sort((left, right) => compareBallots(left.ballot, right.ballot));
    const index = of.chosen.indexOf(chosen);
    const [before, after] = [of.chosen[index - 1], of.chosen[index + 1]];
    if (before !== undefined) checkDescent(key, before, chosen);
    if (after !== undefined) checkDescent(key, chosen, after);
    for (let at = past ?? ""; at !== ""; at = pasts.get(at) ?? "") of.chosenTags.add(tagOf(at));
  };

  const checkDescent = (key: string, before: Chosen, after: Chosen): void => {
    if (before.past === null || after.past === null) return;
    const tags = new Set<string>();
    let isDescendant = false;
    for (let at = after.past; at !== ""; at = pasts.get(at) ?? "") {
      if (at === before.past) isDescendant = true;
      const tag = tagOf(at);
      if (tags.has(tag)) throw new Error(`an operation is applied twice: ${tag} on ${key}`);
      tags.add(tag);
    }
    // Unless the register was deleted in between, by a deletion that was committed in a ballot of which nobody of a quorum holds the state any more.
    const isNewLife = key.startsWith("r");
    if (!isDescendant && !isNewLife) {
      throw new Error(
        `a committed value is lost: ${key} in ${describeBallot(after.ballot)} does not come from ${describeBallot(before.ballot)}`,
      );
    }
  };

  const checkMonotone = (incarnation: string, key: string, register: Register): void => {
    const before = diskOf(incarnation).get(key);
    if (before === undefined) return;
    if (compareBallots(register.promise, before.promise) < 0) {
      throw new Error(`a promise is taken back: ${incarnation} for ${key}`);
    }
    const accepted = register.accepted?.ballot ?? noBallot;
    if (compareBallots(accepted, before.accepted?.ballot ?? noBallot) < 0) {
      throw new Error(`what was accepted is given up: ${incarnation} for ${key}`);
    }
  };

  return {
    get chosenCount() {
      return chosenCount;
    },
    configured: (config) => void configs.push(config),
    written: (incarnation, records) => {
      for (const record of records) {
        if (record.kind === "head") {
          if (record.floor < (floors.get(incarnation) ?? 0)) throw new Error("a floor has sunk");
          floors.set(incarnation, record.floor);
        } else if (record.kind === "no-register") diskOf(incarnation).delete(record.key);
        else {
          const { key, register } = record;
          checkMonotone(incarnation, key, register);
          diskOf(incarnation).set(key, register);
          if (register.accepted !== null) hold(incarnation, key, register.accepted);
        }
      }
    },
    said: (incarnation, message) => {
      const { floor, register } = {
        floor: floors.get(incarnation) ?? 0,
        register: "key" in message ? diskOf(incarnation).get(message.key) : undefined,
      };
      const isHeld = (key: string, ballot: Ballot): boolean =>
        ofKey(key).holdersByBallot.get(describeBallot(ballot))?.has(incarnation) === true;
      if (message.kind === "promise") {
        const promise = register?.promise ?? { round: floor, proposer: "\uffff" };
        if (compareBallots(message.ballot, promise) > 0) {
          throw new Error(`a promise is given that is not on the disk: ${incarnation}`);
        }
      }
      if (message.kind === "accepted" && !isHeld(message.key, message.ballot)) {
        throw new Error(`it is told to be accepted and is not on the disk: ${incarnation}`);
      }
      if (message.kind === "promise" || message.kind === "reading") {
        const { accepted } = message;
        if (accepted !== null && !isHeld(message.key, accepted.ballot)) {
          throw new Error(`a state is told that is not on the disk: ${incarnation}`);
        }
      }
    },
    proposed: (message) => {
      if (message.kind === "accept") checkState(message.key, message.ballot, message.state);
    },
    committed: (key, tag) => {
      // A register that is deleted has no past.
      if (key.startsWith("r") || ofKey(key).chosenTags.has(tag)) return;
      throw new Error(`an operation is committed that is not chosen: ${tag} on ${key}`);
    },
  };
};
