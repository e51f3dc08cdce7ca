/**
 * A proposer of CASPaxos: carries out operations on registers, each key by itself, without a leader and without a log.
 *
 * It keeps nothing on disk. Its incarnation is new in each process, so no ballot of a former one is ever used again.
 */
import { assert, type Input, type Machine, type PeerId } from "@syncline/machine";
import { ROUND_ASKED_MAX } from "../ballot.ts";
import type { Apply, Operation } from "./applying.ts";
import { begin, fail, giveUp, prepare } from "./attempting.ts";
import { acceptorOf, type RegisterConfig, whyBadConfig } from "./config.ts";
import { defaultProposerLimits, type ProposerLimits, REGISTER_KEY_BYTES_MAX } from "./limits.ts";
import type { ProposerProtocol, ProposerRequest, RegisterMessage, Rejection } from "./messages.ts";
import {
  askAcceptors,
  drop,
  type KeyState,
  keyStateOf,
  type ProposerEffect,
  type ProposerState,
  wakeAt,
} from "./proposer-state.ts";
import type { OperationId } from "./register.ts";
import { takeResponse } from "./responses.ts";

/** How a proposer is set up. */
export interface ProposerConfig<Change> {
  readonly name: PeerId;
  /** New in each process, and never that of another proposer: sixteen random hexadecimal digits will do. */
  readonly incarnation: string;
  /** For how long it waits after a conflict: whole, within 32 bits. */
  readonly seed: number;
  readonly config: RegisterConfig;
  readonly apply: Apply<Change>;
}

/** A proposer as a machine, with its state to look at. */
export interface Proposer<Change> extends Machine<ProposerProtocol<Change>> {
  readonly state: ProposerState<Change>;
}

/**
 * A proposer (Rystsov, CASPaxos, 2018, §2.2): carries out changes, readings and deletions, each with one outcome at most, in `giveUpMs` or a little later.
 *
 * A change takes two round trips, or one if the last change of the key was its own (§2.2.1). Throws a `RangeError` if its configuration is bad; and an
 * assertion, which ends it, if two acceptors have accepted two values in one ballot.
 */
export const createProposer = <Change>(
  { name, incarnation, seed, config, apply }: ProposerConfig<Change>,
  limits: Partial<ProposerLimits> = {},
): Proposer<Change> => {
  const why = whyBadConfig(config);
  if (why !== null) throw new RangeError(why);
  const state: ProposerState<Change> = {
    name,
    incarnation,
    seed,
    apply,
    limits: { ...defaultProposerLimits, ...limits },
    config,
    keys: new Map(),
    busyKeys: new Set(),
    roundFloor: 0,
    operationCount: 0,
    readCount: 0,
    drawCount: 0,
    toldEpoch: config.epoch,
    wakeAtMs: Number.POSITIVE_INFINITY,
    droppedCount: 0,
  };
  return {
    state,
    recover: () => [],
    step: (input, nowMs) => step(state, input, nowMs),
  };
};

const step = <Change>(
  state: ProposerState<Change>,
  input: Input<ProposerProtocol<Change>>,
  nowMs: number,
): readonly ProposerEffect[] => {
  switch (input.kind) {
    case "submitted":
      return submit(state, input.request, nowMs);
    case "received":
      return receive(state, input.from, input.message, nowMs);
    case "woken":
      return atTime(state, nowMs);
    case "loaded":
      return [];
  }
};

const submit = <Change>(
  state: ProposerState<Change>,
  request: ProposerRequest<Change>,
  nowMs: number,
): readonly ProposerEffect[] => {
  switch (request.kind) {
    case "configure":
      return configure(state, request.config, nowMs);
    case "collect":
      return collect(state, request.key, nowMs);
    case "read":
      return enqueue(state, request.key, nowMs, {
        id: request.id,
        action: { kind: "read" },
        since: null,
      });
    case "delete":
      return enqueue(state, request.key, nowMs, {
        id: request.id,
        action: { kind: "delete" },
        since: request.since,
      });
    case "change":
      return enqueue(state, request.key, nowMs, {
        id: request.id,
        action: { kind: "change", change: request.change },
        since: request.since,
      });
  }
};

const enqueue = <Change>(
  state: ProposerState<Change>,
  key: string,
  nowMs: number,
  asked: Omit<Operation<Change>, "giveUpAtMs">,
): readonly ProposerEffect[] => {
  if (isTooLong(key)) return reject(key, asked.id, "too-large");
  const { queueMax, operationsMax, giveUpMs } = state.limits;
  const at = keyStateOf(state, key);
  if (at.queue.length >= queueMax || state.operationCount >= operationsMax) {
    return reject(key, asked.id, "busy");
  }
  // What was tried before is tried again in a later round only. So whatever is forgotten of the rounds up to some number, `since` tells whether this is.
  if (asked.since !== null) {
    assert(
      asked.since >= 1 && asked.since <= ROUND_ASKED_MAX,
      "an operation is tried since no round",
    );
    at.round = Math.max(at.round, asked.since);
    if (at.cache !== null && at.cache.ballot.round <= asked.since) at.cache = null;
  }
  state.operationCount += 1;
  at.queue.push({ ...asked, giveUpAtMs: nowMs + giveUpMs });
  return go(state, at, () => [...wakeAt(state, nowMs + giveUpMs), ...begin(state, at, nowMs)]);
};

/** Three bytes a code unit is the most that UTF-8 takes. */
const isTooLong = (key: string): boolean =>
  key.length > REGISTER_KEY_BYTES_MAX ||
  (key.length * 3 > REGISTER_KEY_BYTES_MAX && utf8Length(key) > REGISTER_KEY_BYTES_MAX);

const utf8Length = (text: string): number => {
  let byteCount = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    byteCount += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return byteCount;
};

const reject = (key: string, id: OperationId, reason: Rejection): readonly ProposerEffect[] => [
  {
    kind: "deliver",
    output: { kind: "outcome", key, id, outcome: { kind: "rejected", reason, result: null } },
  },
];

const collect = <Change>(
  state: ProposerState<Change>,
  key: string,
  nowMs: number,
): readonly ProposerEffect[] => {
  if (isTooLong(key)) return [];
  const at = keyStateOf(state, key);
  at.isCollecting = true;
  return go(state, at, () => begin(state, at, nowMs));
};

/** Does something with a key, and notes whether anything is under way for it afterwards. */
const go = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  run: () => readonly ProposerEffect[],
): readonly ProposerEffect[] => {
  state.busyKeys.add(at.key);
  const effects = run();
  if (at.attempt === null && at.queue.length === 0 && !at.isCollecting) {
    state.busyKeys.delete(at.key);
  }
  return effects;
};

/** A later configuration: what acceptors of the earlier one have promised means nothing any more. */
const configure = <Change>(
  state: ProposerState<Change>,
  config: RegisterConfig,
  nowMs: number,
): readonly ProposerEffect[] => {
  if (whyBadConfig(config) !== null || config.epoch <= state.config.epoch) return [];
  state.config = config;
  state.toldEpoch = Math.max(state.toldEpoch, config.epoch);
  const effects: ProposerEffect[] = [];
  for (const at of state.keys.values()) {
    at.cache = null;
    if (at.attempt === null) continue;
    effects.push(...go(state, at, () => fail(state, at, nowMs)));
  }
  return effects;
};

const receive = <Change>(
  state: ProposerState<Change>,
  from: PeerId,
  message: RegisterMessage,
  nowMs: number,
): readonly ProposerEffect[] => {
  switch (message.kind) {
    case "stale":
      return takeStale(state, message.epoch);
    case "promise":
    case "accepted":
    case "conflict":
    case "reading":
    case "erased": {
      const at = state.keys.get(message.key);
      if (at === undefined || acceptorOf(state.config, from) === null) return [];
      return go(state, at, () => takeResponse(state, at, { from, message }, nowMs));
    }
    case "prepare":
    case "accept":
    case "read":
    case "erase":
    case "fence":
    case "fenced":
    case "copy":
    case "copied":
      return drop(state);
  }
};

const takeStale = <Change>(
  state: ProposerState<Change>,
  epoch: number,
): readonly ProposerEffect[] => {
  if (epoch <= state.toldEpoch) return [];
  state.toldEpoch = epoch;
  return [{ kind: "deliver", output: { kind: "stale", epoch } }];
};

const atTime = <Change>(state: ProposerState<Change>, nowMs: number): readonly ProposerEffect[] => {
  // One that was asked for before an earlier one: were it answered with a further one, there would be ever more of them.
  if (nowMs < state.wakeAtMs) return [];
  state.wakeAtMs = Number.POSITIVE_INFINITY;
  const effects: ProposerEffect[] = [];
  for (const key of state.busyKeys) {
    const at = state.keys.get(key);
    if (at === undefined) continue;
    effects.push(...go(state, at, () => atTimeOf(state, at, nowMs)));
    const nextMs = Math.min(
      at.attempt?.deadlineMs ?? at.retryAtMs,
      at.attempt?.resendAtMs ?? at.retryAtMs,
      ...at.queue.map(({ giveUpAtMs }) => giveUpAtMs),
    );
    if (state.busyKeys.has(key)) effects.push(...wakeAt(state, Math.max(nextMs, nowMs)));
  }
  return effects;
};

const atTimeOf = <Change>(
  state: ProposerState<Change>,
  at: KeyState<Change>,
  nowMs: number,
): readonly ProposerEffect[] => {
  const effects: ProposerEffect[] = [];
  for (let index = 0; index < at.queue.length;) {
    const operation = at.queue[index];
    if (operation === undefined || operation.giveUpAtMs > nowMs) index += 1;
    else effects.push(...at.queue.splice(index, 1).map((one) => giveUp(state, at.key, one)));
  }
  const { attempt } = at;
  if (attempt === null) return [...effects, ...begin(state, at, nowMs)];
  if (nowMs < attempt.deadlineMs) {
    if (nowMs < attempt.resendAtMs) return effects;
    attempt.resendAtMs = nowMs + state.limits.attemptMs;
    return [...effects, ...askAcceptors(state, attempt)];
  }
  // Those who have answered do not agree, and the others are silent: the value is written back.
  if (attempt.kind === "reading" && attempt.readings.size >= state.config.prepareQuorum) {
    return [...effects, ...prepare(state, at, attempt.purpose, nowMs)];
  }
  return [...effects, ...fail(state, at, nowMs)];
};
