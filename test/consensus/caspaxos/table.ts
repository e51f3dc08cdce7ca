/** A table at which acceptors and proposers sit: nothing happens but what the test says, and everything that is said can become a sentence. */
import {
  type Acceptor,
  type AcceptorProtocol,
  type Accepted,
  type Applied,
  type Ballot,
  createAcceptor,
  createProposer,
  describeBallot,
  majorityConfig,
  type OperationId,
  type Proposer,
  type ProposerLimits,
  type ProposerOutput,
  type ProposerProtocol,
  type RegisterConfig,
  type RegisterMessage,
  type RegisterOutcome,
  type RegisterState,
} from "@syncline/consensus/caspaxos";
import type { Effect, Input } from "@syncline/machine";
import { createAcceptorRows } from "./acceptor-rows.ts";

/** What the tests do to a register: put a text, add to a text, or put it if another one is there. */
type TextChange =
  | { readonly kind: "set"; readonly text: string }
  | { readonly kind: "append"; readonly text: string }
  | { readonly kind: "swap"; readonly from: string; readonly to: string };

/** A message on its way. */
export interface Envelope {
  readonly from: string;
  readonly to: string;
  readonly message: RegisterMessage;
}

/** The table. */
export interface RegisterTable {
  readonly lines: readonly string[];
  readonly config: RegisterConfig;
  note(text: string): void;
  /** The client is the proposer's name; the number is given. */
  change(
    proposer: string,
    key: string,
    change: TextChange,
    id?: Partial<OperationId>,
    since?: number,
  ): void;
  remove(proposer: string, key: string, number: number): void;
  read(proposer: string, key: string, number: number): void;
  collect(proposer: string, key: string): void;
  configure(proposer: string, config: RegisterConfig): void;
  replace(acceptor: string, config: RegisterConfig): void;
  /** Delivers what is on its way, one by one, until nothing is; what is not wanted is lost. */
  deliver(wanted?: (envelope: Envelope) => boolean): void;
  /** Delivers these now on their way, once; the rest stays on its way. Returns how many they were. */
  deliverOnly(wanted: (envelope: Envelope) => boolean): number;
  loseAll(): void;
  /** Of what is on its way. */
  underWay(): readonly Envelope[];
  /** So much time passes, and this node looks at its clock. */
  wait(node: string, ms: number): void;
  restart(acceptor: string): void;
  /** The acceptor's disk is lost: it starts with an empty one. Returns its new incarnation. */
  wipe(acceptor: string): string;
  acceptor(name: string): Acceptor;
  proposer(name: string): Proposer<TextChange>;
  /** What proposers were told to say, and not been asked for since. */
  told(): readonly ProposerOutput[];
  /** The last outcome, as text. */
  outcome(): string;
}

const textOf = (value: Uint8Array | null): string =>
  value === null ? "nothing" : new TextDecoder().decode(value);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const apply = (value: Uint8Array | null, change: TextChange): Applied => {
  const before = value === null ? "" : textOf(value);
  switch (change.kind) {
    case "set":
      return { kind: "write", value: bytes(change.text), result: bytes(change.text) };
    case "append":
      return {
        kind: "write",
        value: bytes(before + change.text),
        result: bytes(before + change.text),
      };
    case "swap":
      return before === change.from
        ? { kind: "write", value: bytes(change.to), result: bytes(change.to) }
        : { kind: "reject", result: bytes(before) };
  }
};

/** An outcome as a few words. */
const describeOutcome = (outcome: RegisterOutcome): string => {
  switch (outcome.kind) {
    case "committed":
      return `committed ${textOf(outcome.result)}`.trimEnd();
    case "rejected":
      return outcome.reason === "change" ? `rejected ${textOf(outcome.result)}` : outcome.reason;
    case "unknown":
      return outcome.isForgotten ? "forgotten" : `unknown since round ${outcome.since}`;
  }
};

const whatOf = (accepted: Accepted | null): string =>
  accepted === null
    ? "nothing"
    : `${stateOf(accepted.state)} in ${describeBallot(accepted.ballot)}`;

const stateOf = ({ value }: RegisterState): string =>
  value === null ? "the deletion" : textOf(value);

const sentenceOf = ({ from, to, message }: Envelope): string => {
  const ballot = (it: Ballot): string => describeBallot(it);
  switch (message.kind) {
    case "prepare":
      return `${from} asks ${to} for a promise of ${ballot(message.ballot)}`;
    case "promise":
      return `${from} promises ${to} ${ballot(message.ballot)}; it has accepted ${whatOf(message.accepted)}`;
    case "accept": {
      const next = message.next === null ? "" : `, and to promise ${ballot(message.next)}`;
      return `${from} asks ${to} to accept ${stateOf(message.state)} in ${ballot(message.ballot)}${next}`;
    }
    case "accepted":
      return `${from} has accepted ${ballot(message.ballot)} of ${to}`;
    case "conflict":
      return `${from} refuses ${to} ${ballot(message.ballot)}, for it has seen ${ballot(message.seen)}`;
    case "read":
      return `${from} asks ${to} what it has accepted`;
    case "reading":
      return `${from} tells ${to} that it has accepted ${whatOf(message.accepted)}`;
    case "erase":
      return `${from} asks ${to} to erase the deletion in ${ballot(message.ballot)}`;
    case "erased":
      return `${from} has erased the deletion in ${ballot(message.ballot)} of ${to}`;
    case "stale":
      return `${from} tells ${to} that it obeys epoch ${message.epoch}`;
    case "fence":
      return `${from} asks ${to} to obey epoch ${message.config.epoch}`;
    case "fenced":
      return `${from} obeys epoch ${message.epoch}, it tells ${to}`;
    case "copy":
      return `${from} asks ${to} for what comes after ${message.afterKey ?? "nothing"}`;
    case "copied":
      return message.isLast
        ? `${from} has nothing more for ${to}`
        : `${from} gives ${to} ${message.rows.map(({ key }) => key).join(", ")}`;
  }
};

interface Seat {
  readonly name: string;
  give(input: unknown): void;
}

/** A table of these acceptors and proposers. Disks are at once, but answer loads and persists in order. */
export const createRegisterTable = (setup: {
  readonly acceptors: readonly string[];
  readonly proposers: readonly string[];
  readonly quorums?: { readonly prepareQuorum: number; readonly acceptQuorum: number };
  readonly limits?: Partial<ProposerLimits>;
}): RegisterTable => {
  const lines: string[] = [];
  const config: RegisterConfig = {
    ...majorityConfig(
      1,
      setup.acceptors.map((name) => ({ name, incarnation: `${name}1` })),
    ),
    ...setup.quorums,
  };
  const seats = new Map<string, Seat>();
  const acceptors = new Map<string, Acceptor>();
  const proposers = new Map<string, Proposer<TextChange>>();
  const disks = new Map(setup.acceptors.map((name) => [name, createAcceptorRows()]));
  const directories = new Map(setup.acceptors.map((name) => [name, 1]));
  let outputs: ProposerOutput[] = [];
  let last = "";
  let underWay: Envelope[] = [];
  let nowMs = 0;

  const startAcceptor = (name: string): void => {
    const incarnation = `${name}${directories.get(name)!}`;
    const disk = disks.get(name)!;
    const acceptor = createAcceptor({ name, incarnation, firstConfig: config });
    const give = (input: Input<AcceptorProtocol>): void => carryOut(acceptor.step(input, nowMs));
    const carryOut = (effects: readonly Effect<AcceptorProtocol>[]): void => {
      for (const effect of effects) {
        if (effect.kind === "persist") {
          disk.write(effect.records);
          carryOut(effect.then);
        }
        if (effect.kind === "send") {
          underWay.push({ from: name, to: effect.to, message: effect.message });
        }
        if (effect.kind === "submit") give({ kind: "submitted", request: effect.request });
        if (effect.kind === "load") {
          give({ kind: "loaded", token: effect.token, rows: disk.read(effect.query) });
        }
        if (effect.kind === "deliver") {
          lines.push(`-- ${name} takes part in epoch ${effect.output.config.epoch}`);
        }
      }
    };
    acceptors.set(name, acceptor);
    seats.set(name, { name, give: give as (input: unknown) => void });
    carryOut(acceptor.recover(disk.recover(), nowMs));
  };

  const startProposer = (name: string): void => {
    const proposer = createProposer<TextChange>(
      { name, incarnation: name, seed: 1, config, apply },
      setup.limits,
    );
    const carryOut = (effects: readonly Effect<ProposerProtocol<TextChange>>[]): void => {
      for (const effect of effects) {
        if (effect.kind === "send") {
          underWay.push({ from: name, to: effect.to, message: effect.message });
        }
        if (effect.kind !== "deliver") continue;
        outputs.push(effect.output);
        if (effect.output.kind !== "outcome") continue;
        last = describeOutcome(effect.output.outcome);
        lines.push(`-- ${name} says: ${last}`);
      }
    };
    const give = (input: Input<ProposerProtocol<TextChange>>): void =>
      carryOut(proposer.step(input, nowMs));
    proposers.set(name, proposer);
    seats.set(name, { name, give: give as (input: unknown) => void });
  };

  const arrive = (envelope: Envelope): void => {
    lines.push(sentenceOf(envelope));
    const { from, to, message } = envelope;
    seats.get(to)?.give({ kind: "received", from, message });
  };

  const submit = (node: string, request: unknown): void =>
    seats.get(node)!.give({ kind: "submitted", request });

  setup.acceptors.forEach(startAcceptor);
  setup.proposers.forEach(startProposer);
  return {
    lines,
    config,
    note: (text) => void lines.push(`-- ${text}`),
    change: (proposer, key, change, id = {}, since) =>
      submit(proposer, {
        kind: "change",
        key,
        change,
        id: { client: proposer, number: 1, ...id },
        since: since ?? null,
      }),
    remove: (proposer, key, number) =>
      submit(proposer, { kind: "delete", key, id: { client: proposer, number }, since: null }),
    read: (proposer, key, number) =>
      submit(proposer, { kind: "read", key, id: { client: proposer, number } }),
    collect: (proposer, key) => submit(proposer, { kind: "collect", key }),
    configure: (proposer, its) => submit(proposer, { kind: "configure", config: its }),
    replace: (acceptor, its) => submit(acceptor, { kind: "replace", config: its }),
    deliver: (wanted = () => true) => {
      for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) {
        if (wanted(next)) arrive(next);
      }
    },
    deliverOnly: (wanted) => {
      const now = underWay.filter(wanted);
      underWay = underWay.filter((envelope) => !wanted(envelope));
      now.forEach(arrive);
      return now.length;
    },
    loseAll: () => {
      underWay = [];
    },
    underWay: () => underWay,
    wait: (node, ms) => {
      nowMs += ms;
      seats.get(node)!.give({ kind: "woken" });
    },
    restart: startAcceptor,
    wipe: (name) => {
      const directory = directories.get(name)! + 1;
      directories.set(name, directory);
      disks.set(name, createAcceptorRows());
      startAcceptor(name);
      return `${name}${directory}`;
    },
    acceptor: (name) => acceptors.get(name)!,
    proposer: (name) => proposers.get(name)!,
    told: () => {
      const all = outputs;
      outputs = [];
      return all;
    },
    outcome: () => last,
  };
};
