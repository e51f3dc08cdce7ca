/** A small cluster on a stage: nothing happens but what the test says, and every word is written down. For golden traces and the claims of the papers. */
import {
  type Configuration,
  createRaft,
  type Entry,
  type EntryId,
  type Raft,
  type RaftMessage,
  type RaftOptions,
  type RaftOutput,
  type RaftProtocol,
  type RaftRequest,
} from "@syncline/consensus/raft";
import { type Runtime, startRuntime } from "@syncline/machine";
import { createRaftDisk, type RaftDisk } from "./raft-disk.ts";

/** One who plays. */
export interface Player {
  readonly name: string;
  readonly disk: RaftDisk;
  /** Throws while it is down. */
  readonly raft: Raft;
  readonly isUp: boolean;
  /** The commands that were applied since it started, or restored with a snapshot. */
  readonly applied: readonly string[];
  readonly outputs: readonly RaftOutput[];
}

/** A stage. */
export interface Stage {
  readonly lines: string[];
  player(name: string): Player;
  /** Asks a player for something. */
  ask(name: string, request: RaftRequest): void;
  propose(name: string, text: string): void;
  /** Delivers messages, also those that come of them, until there are none; those of which `isHeld` says so stay, and can be delivered later. */
  play(isHeld?: (message: RaftMessage) => boolean): void;
  /** Loses what is under way. */
  lose(which?: (message: RaftMessage) => boolean): void;
  /** What is under way. */
  readonly messages: readonly RaftMessage[];
  /** Time passes for everybody, or for one. */
  pass(forMs: number, ...names: readonly string[]): void;
  /** Time passes, and those wakes that are due come later. */
  wait(forMs: number, ...names: readonly string[]): void;
  /** Appends wait until `flush`. */
  slowDisk(name: string): void;
  flush(name: string): void;
  crash(name: string): void;
  start(name: string, bootstrap?: readonly string[] | null): void;
  /** A line of the author's. */
  say(text: string): void;
}

interface Acting {
  readonly name: string;
  disk: RaftDisk;
  raft: Raft | null;
  runtime: Runtime<RaftProtocol> | null;
  applied: string[];
  outputs: RaftOutput[];
  nowMs: number;
  wakeAtMs: number;
  isSlow: boolean;
  waiting: (() => void)[];
  startCount: number;
}

/** A stage with these players, all up, and voters from the beginning unless they are newcomers. */
export const createStage = (
  names: readonly string[],
  {
    options = {},
    newcomers = [],
  }: { options?: Partial<RaftOptions>; newcomers?: readonly string[] } = {},
): Stage => {
  const lines: string[] = [];
  const messages: RaftMessage[] = [];
  const actors = new Map<string, Acting>();
  const actor = (name: string): Acting => {
    const found = actors.get(name);
    if (found === undefined) throw new Error(`there is no player ${name}`);
    return found;
  };
  const start = (name: string, bootstrap: readonly string[] | null): void => {
    const one = actor(name);
    one.startCount += 1;
    one.raft = createRaft({
      seed: name.charCodeAt(0) + 1000 * one.startCount,
      heartbeatMs: 100,
      electionTimeoutMs: 1000,
      ...options,
      self: name,
      bootstrap,
    });
    one.applied = [];
    one.outputs = [];
    one.wakeAtMs = Number.POSITIVE_INFINITY;
    startActing(one, lines, messages);
  };
  for (const name of [...names, ...newcomers]) {
    actors.set(name, {
      name,
      disk: createRaftDisk(),
      raft: null,
      runtime: null,
      applied: [],
      outputs: [],
      nowMs: 0,
      wakeAtMs: 0,
      isSlow: false,
      waiting: [],
      startCount: 0,
    });
    start(name, names.includes(name) ? names : null);
  }
  const stage: Stage = {
    lines,
    messages,
    player: (name) => faceOf(actor(name)),
    ask: (name, request) => {
      lines.push(`${name}: ${request.kind}`);
      actor(name).runtime?.submitted(request);
    },
    propose: (name, text) => {
      lines.push(`${name}: propose ${text}`);
      const data = new TextEncoder().encode(text);
      actor(name).runtime?.submitted({ kind: "propose", token: lines.length, data });
    },
    play: (isHeld = () => false) => play(actor, lines, messages, isHeld),
    lose: (which = () => true) => {
      for (let place = messages.length - 1; place >= 0; place -= 1) {
        if (which(messages[place]!)) messages.splice(place, 1);
      }
    },
    pass: (forMs, ...some) => {
      for (const one of some.length === 0 ? actors.values() : some.map(actor)) {
        one.nowMs += forMs;
        while (one.nowMs >= one.wakeAtMs) {
          one.wakeAtMs = Number.POSITIVE_INFINITY;
          one.runtime?.woken();
        }
      }
    },
    wait: (forMs, ...some) => {
      for (const name of some) actor(name).nowMs += forMs;
    },
    slowDisk: (name) => {
      actor(name).isSlow = true;
    },
    flush: (name) => {
      const one = actor(name);
      one.isSlow = false;
      lines.push(`${name} flushes`);
      for (const finish of one.waiting.splice(0)) finish();
    },
    crash: (name) => {
      const one = actor(name);
      lines.push(`${name} loses power`);
      one.runtime?.stop();
      one.runtime = null;
      one.raft = null;
      one.waiting = [];
      one.isSlow = false;
    },
    start: (name, bootstrap = null) => {
      lines.push(`${name} starts`);
      start(name, bootstrap);
    },
    say: (text) => void lines.push(`-- ${text}`),
  };
  return stage;
};

const faceOf = (one: Acting): Player => ({
  name: one.name,
  get disk() {
    return one.disk;
  },
  get raft() {
    if (one.raft === null) throw new Error(`${one.name} is down`);
    return one.raft;
  },
  get isUp() {
    return one.raft !== null;
  },
  get applied() {
    return one.applied;
  },
  get outputs() {
    return one.outputs;
  },
});

const startActing = (one: Acting, lines: string[], messages: RaftMessage[]): void => {
  const { raft, disk } = one;
  if (raft === null) return;
  one.runtime = startRuntime<RaftProtocol>(raft, disk.recover(), {
    now: () => one.nowMs,
    append: (records, done) => {
      const write = (): void => {
        disk.write(records);
        done(null);
      };
      if (one.isSlow) one.waiting.push(write);
      else write();
    },
    load: (query, done) => done(null, disk.read(query)),
    send: (_to, message) => void messages.push(message),
    deliver: (output) => deliver(one, lines, output),
    wake: (atMs) => {
      one.wakeAtMs = Math.min(one.wakeAtMs, atMs);
    },
    failed: (error) => {
      throw error;
    },
  });
};

const deliver = (one: Acting, lines: string[], output: RaftOutput): void => {
  one.outputs.push(output);
  const line = lineOfOutput(one, output);
  if (line !== null) lines.push(`${one.name} ${line}`);
};

const decoder = new TextDecoder();
const textOf = (entry: Entry): string => {
  if (entry.kind === "command") return decoder.decode(entry.data);
  return entry.kind === "empty" ? "nothing" : membersText(entry.configuration);
};
const membersText = ({ voters, outgoing, learners, learnersNext }: Configuration): string =>
  [
    `voters ${voters.join(" ")}`,
    ...(outgoing.length > 0 ? [`and of old ${outgoing.join(" ")}`] : []),
    ...(learners.length > 0 ? [`learning ${learners.join(" ")}`] : []),
    ...(learnersNext.length > 0 ? [`to learn ${learnersNext.join(" ")}`] : []),
  ].join(", ");

const lineOfOutput = (one: Acting, output: RaftOutput): string | null => {
  switch (output.kind) {
    case "role":
      return `is ${output.role} in term ${output.term}${
        output.leader === null ? "" : `, led by ${output.leader}`
      }`;
    case "apply":
      for (const entry of output.entries) {
        if (entry.kind === "command") one.applied.push(textOf(entry));
      }
      return `applies ${output.entries.map((entry) => `${idText(entry)} ${textOf(entry)}`).join("; ")}`;
    case "restore":
      if (output.offset === 0) one.applied = [];
      one.applied.push(decoder.decode(output.bytes));
      return output.isLast ? `restores the state after ${idText(output.snapshot.last)}` : null;
    case "readable":
      return `may answer reads from ${output.index}`;
    case "refused":
      return `refuses: ${output.reason}`;
    case "snapshot-wanted":
      return `wants a snapshot of ${output.index}`;
    case "members":
      return `goes by ${membersText(output.configuration)}`;
    case "accepted":
      return null;
  }
};

const play = (
  actor: (name: string) => Acting,
  lines: string[],
  messages: RaftMessage[],
  isHeld: (message: RaftMessage) => boolean,
): void => {
  for (let place = 0, count = 0; place < messages.length;) {
    const message = messages[place]!;
    if (isHeld(message)) {
      place += 1;
      continue;
    }
    messages.splice(place, 1);
    lines.push(`${message.from} > ${message.to}  ${describeRaftMessage(message)}`);
    actor(message.to).runtime?.received(message.from, message);
    count += 1;
    if (count > 10_000) throw new Error("the players do not come to rest");
  }
};

const idText = ({ index, term }: EntryId): string => `${index}.${term}`;

/** A message in a line of words. Entries are named index.term. */
export const describeRaftMessage = (message: RaftMessage): string => {
  const term = `term ${message.term}:`;
  switch (message.kind) {
    case "pre-vote":
      return `${term} would you vote for me? my log ends at ${idText(message.last)}`;
    case "pre-vote-answer":
      return `${term} ${message.isGranted ? "I would" : "I would not"}`;
    case "vote":
      return `${term} vote for me, my log ends at ${idText(message.last)}${
        message.isTransfer ? ", the leader wants it" : ""
      }`;
    case "vote-answer":
      return `${term} ${message.isGranted ? "my vote is yours" : "not my vote"}`;
    case "append": {
      const entries = message.entries.map((entry) => `${idText(entry)} ${textOf(entry)}`);
      const what = entries.length === 0 ? "nothing new" : entries.join("; ");
      return `${term} after ${idText(message.previous)} ${what}; committed ${message.commit}`;
    }
    case "append-answer":
      return `${term} I have all up to ${message.index}${
        message.mending === null ? "" : ", do not count me"
      }`;
    case "append-refusal":
      return `${term} I have not ${message.refusedIndex}, ask from ${idText(message.hint)}`;
    case "heartbeat":
      return `${term} I lead, round ${message.round}; committed ${message.commit}`;
    case "heartbeat-answer":
      return `${term} you do, round ${message.round}`;
    case "chunk":
      return `${term} snapshot of ${idText(message.snapshot.last)}, bytes ${message.offset} to ${
        message.offset + message.bytes.length
      } of ${message.snapshot.sizeBytes}`;
    case "chunk-answer":
      return `${term} I have its first ${message.nextOffset} bytes`;
    case "campaign-now":
      return `${term} call an election now`;
    case "outdated":
      return `${term} there is a newer term`;
    case "mended":
      return `${term} your disk is whole again`;
  }
};
