/** A table at which nodes sit: nothing happens but what the test says, and everything that is said becomes a sentence. */
import {
  type Ballot,
  createPaxosNode,
  type PaxosMessage,
  type PaxosNode,
  type PaxosProtocol,
  type PaxosRecord,
  type Proposal,
} from "@syncline/consensus/paxos";
import type { Effect, Input } from "@syncline/machine";

/** A message on its way. */
export interface Envelope {
  readonly from: string;
  readonly to: string;
  readonly message: PaxosMessage;
}

/** Nodes, the messages that are on their way, and the sentences so far. */
export interface Table {
  readonly lines: readonly string[];
  readonly note: (text: string) => void;
  readonly propose: (node: string, value: string) => void;
  /** Delivers what is on its way, one by one, until nothing is; what is not wanted is lost. */
  readonly deliver: (wanted?: (envelope: Envelope) => boolean) => void;
  /** Delivers only these, once; the rest stays on its way. */
  readonly deliverOnly: (wanted: (envelope: Envelope) => boolean) => void;
  readonly loseAll: () => void;
  /** The process ends; what is on its disk is there at the next start. */
  readonly restart: (node: string) => void;
  /** So much time passes, and only this node looks at its clock. */
  readonly wait: (node: string, ms: number) => void;
  readonly chosen: ReadonlyMap<string, string>;
}

const textOf = (value: Uint8Array): string => new TextDecoder().decode(value);
const roundOf = ({ round, proposer }: Ballot): string => `round ${round} of ${proposer}`;
const whatOf = ({ ballot, value }: Proposal): string => `${textOf(value)} in ${roundOf(ballot)}`;

const sentenceOf = ({ from, to, message }: Envelope): string => {
  switch (message.kind) {
    case "prepare":
      return `${from} asks ${to} for a promise, ${roundOf(message.ballot)}`;
    case "promise": {
      const before = message.accepted === null ? "nothing" : whatOf(message.accepted);
      return `${from} promises ${to}, ${roundOf(message.ballot)}; it has accepted ${before}`;
    }
    case "accept":
      return `${from} asks ${to} to accept ${whatOf(message.proposal)}`;
    case "accepted":
      return `${from} tells ${to} that it has accepted ${whatOf(message.proposal)}`;
    case "conflict":
      return `${from} refuses ${to} ${roundOf(message.ballot)}, since it has promised ${roundOf(message.promised)}`;
    case "learn":
      return `${from} asks ${to} what it has accepted`;
  }
};

/** A table of these nodes. Their disks are at once. */
export const createTable = (
  names: readonly string[],
  cluster: { readonly acceptors: readonly string[]; readonly learners: readonly string[] },
): Table => {
  const lines: string[] = [];
  const nodes = new Map<string, PaxosNode>();
  const disks = new Map<string, PaxosRecord[]>(names.map((name) => [name, []]));
  const chosen = new Map<string, string>();
  let underWay: Envelope[] = [];
  let nowMs = 0;

  const give = (name: string, input: Input<PaxosProtocol>): void =>
    carryOut(name, nodes.get(name)!.step(input, nowMs));

  const carryOut = (name: string, effects: readonly Effect<PaxosProtocol>[]): void => {
    for (const effect of effects) {
      if (effect.kind === "persist") {
        disks.get(name)!.push(...effect.records);
        carryOut(name, effect.then);
      }
      if (effect.kind === "send") {
        underWay.push({ from: name, to: effect.to, message: effect.message });
      }
      if (effect.kind === "submit") give(name, { kind: "submitted", request: effect.request });
      if (effect.kind === "deliver") {
        const value = textOf(effect.output.value);
        chosen.set(name, value);
        lines.push(`-- ${name} knows: ${value} is chosen`);
      }
    }
  };

  const start = (name: string): void => {
    const node = createPaxosNode({ name, ...cluster, seed: 1 });
    nodes.set(name, node);
    carryOut(name, node.recover(disks.get(name)!, nowMs));
  };

  const arrive = (envelope: Envelope): void => {
    lines.push(sentenceOf(envelope));
    const { from, to, message } = envelope;
    give(to, { kind: "received", from, message });
  };

  for (const name of names) start(name);
  return {
    lines,
    chosen,
    note: (text) => void lines.push(`-- ${text}`),
    propose: (node, value) => {
      lines.push(`-- ${node} proposes ${value}`);
      give(node, {
        kind: "submitted",
        request: { kind: "propose", value: new TextEncoder().encode(value) },
      });
    },
    deliver: (wanted = () => true) => {
      for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) {
        if (wanted(next)) arrive(next);
      }
    },
    deliverOnly: (wanted) => {
      const now = underWay.filter(wanted);
      underWay = underWay.filter((envelope) => !wanted(envelope));
      now.forEach(arrive);
    },
    loseAll: () => {
      underWay = [];
    },
    restart: (node) => {
      lines.push(`-- ${node} restarts`);
      start(node);
    },
    wait: (node, ms) => {
      nowMs += ms;
      give(node, { kind: "woken" });
    },
  };
};
