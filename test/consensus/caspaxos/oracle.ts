/** What must hold of CASPaxos at every step, seen from outside: from what comes to the disks, what is said, and what applications are told. */
import {
  type AcceptorRecord,
  type Ballot,
  compareBallots,
  describeBallot,
  noBallot,
  type OperationId,
  type Register,
  type RegisterConfig,
  type RegisterMessage,
  type RegisterState,
} from "@syncline/consensus/caspaxos";
import { createEpochs } from "./epochs.ts";
import { remembers, whyNoDescendant } from "./lineage.ts";
import { type Past, readStored } from "./objects.ts";

/** An observer that is told of every write and every message, and throws at the first promise that is broken. */
export interface RegisterOracle {
  written(incarnation: string, records: readonly AcceptorRecord[]): void;
  /** An acceptor says this. */
  said(incarnation: string, message: RegisterMessage): void;
  /** A proposer says this. */
  proposed(message: RegisterMessage): void;
  /** An operation is told to be committed; `tag` is that of a change, null for a deletion. */
  committed(key: string, id: OperationId, tag: string | null): void;
  configured(config: RegisterConfig): void;
  /** An acceptor is told to have taken its place in this epoch. */
  replaced(incarnation: string, epoch: number): void;
  /** How many ballots were chosen. */
  readonly chosenCount: number;
}

interface Chosen {
  readonly ballot: Ballot;
  readonly state: RegisterState;
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

const textOfBytes = (bytes: Uint8Array | null): string =>
  bytes === null ? "none" : String.fromCharCode(...bytes);

const textOf = ({ value, knownFrom, sessions }: RegisterState): string => {
  let text = `${textOfBytes(value)}|${knownFrom}`;
  for (const { client, round, droppedTo, results } of sessions) {
    text += `|${client} ${round} ${droppedTo}`;
    for (const { number, result } of results) text += `,${number}=${textOfBytes(result)}`;
  }
  return text;
};

const tagOf = (past: string): string => past.split("<")[0] ?? "";

/** An oracle that has seen nothing. `hasRoomForAll`: registers remember more clients than there are. */
export const createRegisterOracle = (pasts: Past, hasRoomForAll: boolean): RegisterOracle => {
  const keys = new Map<string, OfKey>();
  const disks = new Map<string, Map<string, Register>>();
  const floors = new Map<string, number>();
  const members = new Set<string>();
  const configs: RegisterConfig[] = [];
  const epochs = createEpochs();
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

  const floorOf = (incarnation: string): number => floors.get(incarnation) ?? 0;

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

  /** An acceptor takes part: what it has copied counts from now on, and what it held on the way there does not. */
  const join = (incarnation: string, { epoch }: RegisterConfig): void => {
    if (members.has(incarnation)) return;
    members.add(incarnation);
    // The first members begin with nothing, and one of them may be slow to.
    if (epoch > 1) checkCopied(incarnation);
    for (const [key, { accepted }] of diskOf(incarnation)) {
      if (accepted !== null) hold(incarnation, key, accepted);
    }
  };

  /** Whoever takes part has whatever was chosen before; or more, or a floor above it. Nothing of an earlier epoch can be chosen any more. */
  const checkCopied = (incarnation: string): void => {
    for (const [key, { chosen }] of keys) {
      const latest = chosen.at(-1);
      if (latest === undefined || latest.ballot.round <= floorOf(incarnation)) continue;
      const accepted = diskOf(incarnation).get(key)?.accepted?.ballot ?? noBallot;
      if (compareBallots(accepted, latest.ballot) >= 0) continue;
      throw new Error(
        `it takes part without what is chosen: ${incarnation} has not ${describeBallot(latest.ballot)} of ${key}`,
      );
    }
  };

  /** Chosen values form a chain: each comes from the one that was chosen before it. */
  const choose = (key: string, of: OfKey, ballot: Ballot, state: RegisterState): void => {
    const past = readStored(state.value)?.past ?? null;
    const chosen: Chosen = { ballot, state, past };
    of.chosen.push(chosen);
    of.chosen.sort((left, right) => compareBallots(left.ballot, right.ballot));
    const index = of.chosen.indexOf(chosen);
    const [before, after] = [of.chosen[index - 1], of.chosen[index + 1]];
    if (before !== undefined) checkDescent(key, before, chosen);
    if (after !== undefined) checkDescent(key, chosen, after);
    for (let at = past ?? ""; at !== ""; at = pasts.get(at) ?? "") of.chosenTags.add(tagOf(at));
  };

  const checkDescent = (key: string, before: Chosen, after: Chosen): void => {
    const why = whyNoDescendant(before.state, after.state, hasRoomForAll);
    if (why !== null) {
      const [later, earlier] = [describeBallot(after.ballot), describeBallot(before.ballot)];
      throw new Error(`what is chosen is lost: ${why}, ${key} in ${later} after ${earlier}`);
    }
    if (before.past === null || after.past === null) return;
    const tags = new Set<string>();
    let isDescendant = false;
    for (let at = after.past; at !== ""; at = pasts.get(at) ?? "") {
      if (at === before.past) isDescendant = true;
      const tag = tagOf(at);
      if (tags.has(tag)) throw new Error(`an operation is applied twice: ${tag} on ${key}`);
      tags.add(tag);
    }
    // Unless the register was deleted in between, perhaps in the same ballot.
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

  /** What is erased was a deletion that everybody has accepted: of a value that is older, nobody has anything to bring back. */
  const checkErased = (incarnation: string, key: string): void => {
    const erased = diskOf(incarnation).get(key);
    // The power may fail behind each write: what the row had promised is kept by the floor at once.
    if ((erased?.promise.round ?? 0) > floorOf(incarnation)) {
      throw new Error(`a promise is erased: ${incarnation} for ${key}`);
    }
    const accepted = erased?.accepted ?? null;
    if (accepted === null) return;
    const holders = ofKey(key).holdersByBallot.get(describeBallot(accepted.ballot));
    const isEverywhere = configs.some(({ acceptors }) =>
      acceptors.every((acceptor) => holders?.has(acceptor.incarnation) === true),
    );
    if (accepted.state.value === null && isEverywhere) return;
    throw new Error(
      `it is erased and no deletion that all have accepted: ${key} at ${incarnation}`,
    );
  };

  return {
    get chosenCount() {
      return chosenCount;
    },
    configured: (config) => void configs.push(config),
    written: (incarnation, records) => {
      for (const record of records) {
        if (record.kind === "head") {
          if (record.floor < floorOf(incarnation)) throw new Error("a floor has sunk");
          floors.set(incarnation, record.floor);
          epochs.obeyed(incarnation, record.config.epoch);
          join(incarnation, record.config);
        } else if (record.kind === "no-register") {
          checkErased(incarnation, record.key);
          diskOf(incarnation).delete(record.key);
        } else {
          const { key, register } = record;
          checkMonotone(incarnation, key, register);
          if (members.has(incarnation)) {
            epochs.written(incarnation, key, diskOf(incarnation).get(key), register);
          }
          diskOf(incarnation).set(key, register);
          if (register.accepted === null) continue;
          checkState(key, register.accepted.ballot, register.accepted.state);
          if (members.has(incarnation)) hold(incarnation, key, register.accepted);
        }
      }
    },
    said: (incarnation, message) => {
      epochs.said(incarnation, message);
      const floor = floorOf(incarnation);
      const register = "key" in message ? diskOf(incarnation).get(message.key) : undefined;
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
    replaced: (incarnation, epoch) => epochs.replaced(incarnation, epoch),
    proposed: (message) => {
      epochs.proposed(message);
      if (message.kind === "accept") checkState(message.key, message.ballot, message.state);
    },
    committed: (key, id, tag) => {
      const { chosen, chosenTags } = ofKey(key);
      // The past of a register ends with a deletion, and a batch may have one; what the register remembers does not.
      const isChosen =
        tag !== null && !key.startsWith("r")
          ? chosenTags.has(tag)
          : !hasRoomForAll || chosen.some(({ state }) => remembers(state, id));
      if (isChosen) return;
      throw new Error(
        `an operation is committed that is not chosen: ${tag ?? "deletion"} on ${key}`,
      );
    },
  };
};
