/** A machine that does what a script says, for tests of the runtime that runs it. */
import type { Effect, Input, Machine, Protocol } from "../src/machine.ts";
import { type Runtime, type RuntimePorts, startRuntime } from "../src/runtime.ts";

/** A protocol of plain words. */
export interface Scripted extends Protocol {
  readonly request: string;
  readonly message: string;
  readonly output: string;
  readonly record: string;
  readonly query: string;
  readonly row: string;
}

/** An effect of the machine. */
export type ScriptedEffect = Effect<Scripted>;

export const deliver = (output: string): ScriptedEffect => ({ kind: "deliver", output });
export const send = (message: string): ScriptedEffect => ({ kind: "send", to: "peer", message });
export const submit = (request: string): ScriptedEffect => ({ kind: "submit", request });
export const persistAll = (
  records: readonly string[],
  then: readonly ScriptedEffect[],
): ScriptedEffect => ({
  kind: "persist",
  records,
  then,
});
export const persist = (record: string, ...then: readonly ScriptedEffect[]): ScriptedEffect =>
  persistAll([record], then);

/** A machine in its world. */
export interface World {
  readonly runtime: Runtime<Scripted>;
  /** Everything that left the machine, in order. */
  readonly left: string[];
  readonly inputs: Input<Scripted>[];
  readonly times: number[];
  readonly appends: ((error: Error | null) => void)[];
  readonly loads: ((error: Error | null, rows: readonly string[]) => void)[];
  readonly failures: Error[];
}

/** A machine that answers each request or message as the script says, in a world whose disk answers when the test says so. */
export const startWorld = (
  script: Readonly<Record<string, readonly ScriptedEffect[] | (() => never)>>,
  ports: Partial<RuntimePorts<Scripted>> = {},
  records: readonly string[] = [],
): World => {
  const world: Omit<World, "runtime"> = {
    left: [],
    inputs: [],
    times: [],
    appends: [],
    loads: [],
    failures: [],
  };
  const effectsOf = (name: string): readonly ScriptedEffect[] => {
    const effects = script[name] ?? [];
    return typeof effects === "function" ? effects() : effects;
  };
  const machine: Machine<Scripted> = {
    recover: (recovered) => effectsOf(["recover", ...recovered].join(" ")),
    step: (input, nowMs) => {
      world.inputs.push(input);
      world.times.push(nowMs);
      if (input.kind === "submitted") return effectsOf(input.request);
      if (input.kind === "received") return effectsOf(input.message);
      return effectsOf(input.kind);
    },
  };
  const runtime = startRuntime<Scripted>(machine, records, {
    now: () => 7,
    append: (appended, done) => {
      world.left.push(`append ${appended.join(" ")}`);
      world.appends.push(done);
    },
    load: (query, done) => {
      world.left.push(`load ${query}`);
      world.loads.push(done);
    },
    send: (to, message) => void world.left.push(`send ${to} ${message}`),
    deliver: (output) => void world.left.push(`deliver ${output}`),
    wake: (atMs) => void world.left.push(`wake ${atMs}`),
    failed: (error) => void world.failures.push(error),
    ...ports,
  });
  return { ...world, runtime };
};
