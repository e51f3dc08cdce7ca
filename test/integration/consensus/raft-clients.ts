/** Clients that write, read and claim, and what they were answered, for a judge. */
import type { Random } from "@syncline/machine";
import {
  encodeRegisterCommand,
  openRaftClient,
  type RaftClient,
  type RegisterCommand,
} from "@syncline/relay/consensus";
import type { Operation } from "@syncline/simulator/judges";

const KEYS = ["x", "y", "z"];

/** A client at work. */
export interface Worker {
  /** Of registers and of claims; complete when `finish` resolves. */
  readonly registers: readonly Operation[];
  readonly claims: readonly Operation[];
  /** Values that were acknowledged under a key of their own: each must be there for ever. */
  readonly kept: ReadonlyMap<string, string>;
  finish(): Promise<void>;
}

/** Opens a session and asks for one thing after the other. */
export const startWorker = async (
  name: string,
  urlByName: ReadonlyMap<string, string>,
  random: Random,
): Promise<Worker> => {
  const client = await openRaftClient(urlByName, 30_000);
  const registers: Operation[] = [];
  const claims: Operation[] = [];
  const kept = new Map<string, string>();
  let isRunning = true;
  const run = async (): Promise<void> => {
    for (let number = 0; isRunning; number += 1) {
      const value = `${name}:${number}`;
      const key = random.pick(KEYS);
      switch (random.integer(0, 4)) {
        case 0:
          await read(client, { registers, name, key });
          break;
        case 1:
          await write(client, { registers, name, key, value });
          break;
        case 2:
          await claim(client, { claims, name, key: `seat/${random.integer(0, 40)}` });
          break;
        default:
          await keep(client, kept, value);
      }
    }
  };
  const running = run();
  return {
    registers,
    claims,
    kept,
    finish: async () => {
      isRunning = false;
      await running;
      client.close();
    },
  };
};

const call = async (client: RaftClient, command: RegisterCommand): Promise<string | null> =>
  Buffer.from(await client.call(encodeRegisterCommand(command), 20_000)).toString();

/** What stands under a key, or null. */
export const valueOf = async (client: RaftClient, key: string): Promise<string | null> => {
  const result = await client.read(Buffer.from(key), 20_000);
  return result.length === 0 ? null : Buffer.from(result.subarray(1)).toString();
};

const outcomeOf = async (asked: () => Promise<unknown>): Promise<Operation["outcome"]> => {
  try {
    const output = await asked();
    return { kind: "returned", time: performance.now(), output };
  } catch {
    return { kind: "unknown" };
  }
};

interface OnRegister {
  readonly registers: Operation[];
  readonly name: string;
  readonly key: string;
}

const read = async (client: RaftClient, { registers, name, key }: OnRegister): Promise<void> => {
  const callTime = performance.now();
  const outcome = await outcomeOf(() => valueOf(client, key));
  registers.push({ client: name, key, callTime, input: { kind: "read" }, outcome });
};

const write = async (
  client: RaftClient,
  { registers, name, key, value }: OnRegister & { readonly value: string },
): Promise<void> => {
  const callTime = performance.now();
  const command = { kind: "write", key, value: Buffer.from(value) } as const;
  const outcome = await outcomeOf(async () => {
    await call(client, command);
    return null;
  });
  registers.push({ client: name, key, callTime, input: { kind: "write", value }, outcome });
};

const claim = async (
  client: RaftClient,
  {
    claims,
    name,
    key,
  }: { readonly claims: Operation[]; readonly name: string; readonly key: string },
): Promise<void> => {
  const callTime = performance.now();
  const outcome = await outcomeOf(async () => {
    const owner = await call(client, { kind: "claim", key, value: Buffer.from(name) });
    return owner === name ? { kind: "granted" } : { kind: "taken", owner };
  });
  claims.push({ client: name, key, callTime, input: { kind: "claim", owner: name }, outcome });
};

const keep = async (
  client: RaftClient,
  kept: Map<string, string>,
  value: string,
): Promise<void> => {
  const command = { kind: "write", key: `kept/${value}`, value: Buffer.from(value) } as const;
  const outcome = await outcomeOf(() => call(client, command));
  if (outcome.kind === "returned") kept.set(`kept/${value}`, value);
};
