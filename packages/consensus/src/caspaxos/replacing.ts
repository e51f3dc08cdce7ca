/**
 * Taking the place of an acceptor that is lost, in three steps that a crash may interrupt anywhere; then the whole begins anew.
 *
 *   1. Fence: every other acceptor obeys the next configuration, so nothing of the old one is promised or accepted any more. All of them must, for one that
 *      did not could accept what was prepared with the lost acceptor's help, in a larger ballot than what is committed meanwhile.
 *   2. Copy: what the others have, for every key the largest promise and the largest accepted ballot. That has everything that was committed, since each
 *      accept quorum of the old configuration has one of them beside the lost one; and every promise, since each prepare quorum has. Were promises left out,
 *      a smaller ballot could be committed beside a larger one that some have accepted, and would be overwritten by it.
 *   3. Take part: only now it has a head, answers proposers, and the application is told the configuration that proposers are to use.
 *
 * It differs from §2.3 of the paper, which changes proposers one by one: who is told the configuration late is refused by every acceptor, not by none.
 */
import { assert, type PeerId } from "@syncline/machine";
import { compareBallots, laterBallot } from "../ballot.ts";
import {
  type AcceptorEffect,
  type AcceptorState,
  afterDisk,
  type CopySource,
  drop,
  type Held,
  type Replacement,
  type WaitingRow,
  writeRegister,
} from "./acceptor-state.ts";
import {
  acceptorOf,
  isSameConfig,
  type RegisterConfig,
  whyBadConfig,
  whyNotReplaceable,
} from "./config.ts";
import type { AcceptorHead, CopiedRegister, ReplacementMessage } from "./messages.ts";
import type { Register } from "./register.ts";

/** Begins to take a place. Asked again for the same configuration, by an acceptor that has taken it, it only says so again. */
export const beginReplacement = (
  state: AcceptorState,
  config: RegisterConfig,
  nowMs: number,
): readonly AcceptorEffect[] => {
  const { head, self, replacement } = state;
  if (head !== null) {
    if (!isSameConfig(head.config, config)) return drop(state);
    // Its head may be on its way to the disk yet. Were this said at once, and the power lost, another acceptor could be taken for replaceable meanwhile.
    return afterDisk([{ kind: "deliver", output: { kind: "replaced", config } }]);
  }
  const isGood = whyBadConfig(config) === null && whyNotReplaceable(config) === null;
  const isNamed = acceptorOf(config, self.name)?.incarnation === self.incarnation;
  if (!isGood || !isNamed || config.epoch < 2) return drop(state);
  if (replacement !== null && replacement.config.epoch >= config.epoch) return [];
  state.replacement = {
    config,
    fenced: new Set(),
    sourceByPeer: new Map(),
    retryAtMs: nowMs,
  };
  return retryReplacement(state, nowMs);
};

/** Asks again what was not answered. */
export const retryReplacement = (
  state: AcceptorState,
  nowMs: number,
): readonly AcceptorEffect[] => {
  const { replacement } = state;
  if (replacement === null || nowMs < replacement.retryAtMs) return [];
  replacement.retryAtMs = nowMs + state.limits.copyRetryMs;
  const effects: AcceptorEffect[] = [{ kind: "wake", atMs: replacement.retryAtMs }];
  const { config, fenced, sourceByPeer } = replacement;
  for (const peer of othersOf(state, config)) {
    if (fenced.has(peer)) continue;
    effects.push({ kind: "send", to: peer, message: { kind: "fence", config } });
  }
  for (const [peer, source] of sourceByPeer) {
    if (!source.isDone && source.pendingCount === 0) effects.push(askPage(config, peer, source));
  }
  return effects;
};

const othersOf = ({ self }: AcceptorState, { acceptors }: RegisterConfig): readonly PeerId[] =>
  acceptors.map(({ name }) => name).filter((name) => name !== self.name);

/** Another acceptor obeys the new configuration; once all do, copying begins. */
export const takeFenced = (
  state: AcceptorState,
  from: PeerId,
  epoch: number,
): readonly AcceptorEffect[] => {
  const { replacement } = state;
  if (replacement === null || epoch !== replacement.config.epoch) return [];
  const others = othersOf(state, replacement.config);
  if (!others.includes(from)) return drop(state);
  replacement.fenced.add(from);
  if (replacement.fenced.size < others.length || replacement.sourceByPeer.size > 0) return [];
  return others.map((peer) => {
    const source: CopySource = {
      afterKey: null,
      isDone: false,
      floor: 0,
      pendingCount: 0,
      isLastPage: false,
      nextKey: null,
    };
    replacement.sourceByPeer.set(peer, source);
    return askPage(replacement.config, peer, source);
  });
};

const askPage = (config: RegisterConfig, to: PeerId, { afterKey }: CopySource): AcceptorEffect => ({
  kind: "send",
  to,
  message: { kind: "copy", epoch: config.epoch, afterKey },
});

/** Takes a page in; `ask` lets each of its rows have the register that is here. */
export const takeCopied = (
  state: AcceptorState,
  from: PeerId,
  message: Extract<ReplacementMessage, { kind: "copied" }>,
  ask: (row: CopiedRegister) => readonly AcceptorEffect[],
): readonly AcceptorEffect[] => {
  const { replacement } = state;
  const source = replacement?.sourceByPeer.get(from);
  if (replacement === null || source === undefined) return [];
  const isWanted =
    message.epoch === replacement.config.epoch &&
    message.afterKey === source.afterKey &&
    !source.isDone &&
    source.pendingCount === 0;
  if (!isWanted) return [];
  source.floor = Math.max(source.floor, message.floor);
  source.isLastPage = message.isLast;
  source.nextKey = message.rows.at(-1)?.key ?? source.afterKey;
  source.pendingCount = message.rows.length;
  if (message.rows.length === 0) return pageDone(state, replacement, from, source);
  return message.rows.flatMap(ask);
};

/**
 * Keeps the larger promise and the larger accepted ballot of a row and of what is here, unless another epoch is wanted since the row came.
 *
 * Were a row of any epoch counted among those of the page that is awaited:
 *   1. c takes a place in epoch 2; a's page has k and l, and c's disk is slow to read both;
 *   2. c is told to take it in epoch 3 instead; a obeys that, and hands over k and l once more;
 *   3. c's disk has read k, under which two rows wait: so two of two are done, the next page is empty, and c takes part, without l.
 */
export const mergeRow = (
  state: AcceptorState,
  held: Held,
  { from, epoch, row: { key, register } }: WaitingRow,
): readonly AcceptorEffect[] => {
  const { replacement } = state;
  const source = replacement?.sourceByPeer.get(from);
  if (replacement?.config.epoch !== epoch || source === undefined) return [];
  const merged = mergedOf(held.register, register);
  assert(source.pendingCount > 0, "a row is counted that is not awaited");
  source.pendingCount -= 1;
  return [
    ...writeRegister(state, key, held, merged, []),
    ...(source.pendingCount === 0 ? pageDone(state, replacement, from, source) : []),
  ];
};

const mergedOf = (own: Register | null, row: Register): Register => {
  if (own === null) return row;
  const isNewer =
    row.accepted !== null &&
    (own.accepted === null || compareBallots(row.accepted.ballot, own.accepted.ballot) > 0);
  return {
    promise: laterBallot(own.promise, row.promise),
    accepted: isNewer ? row.accepted : own.accepted,
  };
};

const pageDone = (
  state: AcceptorState,
  replacement: Replacement,
  peer: PeerId,
  source: CopySource,
): readonly AcceptorEffect[] => {
  source.afterKey = source.nextKey;
  source.isDone = source.isLastPage;
  if (!source.isDone) return [askPage(replacement.config, peer, source)];
  return complete(state, replacement);
};

/** Takes part, if enough is copied. The head comes to the disk behind every row, so whoever finds it there finds them as well. */
const complete = (
  state: AcceptorState,
  { config, sourceByPeer }: Replacement,
): readonly AcceptorEffect[] => {
  const sources = [...sourceByPeer.values()];
  if (sources.some(({ isDone }) => !isDone)) return [];
  assert(state.head === null, "an acceptor takes its place twice");
  assert(
    sources.length === config.acceptors.length - 1,
    "an acceptor takes its place without having copied all others",
  );
  const head: AcceptorHead = {
    kind: "head",
    incarnation: state.self.incarnation,
    config,
    floor: Math.max(...sources.map(({ floor }) => floor)),
  };
  state.head = head;
  state.replacement = null;
  return [
    {
      kind: "persist",
      records: [head],
      then: [{ kind: "deliver", output: { kind: "replaced", config } }],
    },
  ];
};
