/** What a member does when another acceptor is replaced: it obeys the new configuration from then on, and hands over what it has. */
import { assert, type PeerId } from "@syncline/machine";
import {
  type AcceptorEffect,
  type AcceptorState,
  afterDisk,
  drop,
  nextToken,
  type PageAsked,
} from "./acceptor-state.ts";
import {
  acceptorOf,
  isSameConfig,
  type RegisterConfig,
  whyBadConfig,
  whyNotNext,
} from "./config.ts";
import type { CopiedRegister, ReplacementMessage } from "./messages.ts";
import { takeFenced } from "./replacing.ts";

/** Takes what a new acceptor asks, or one of the others answers it. */
export const takeReplacementMessage = (
  state: AcceptorState,
  from: PeerId,
  message: Exclude<ReplacementMessage, { kind: "copied" }>,
): readonly AcceptorEffect[] => {
  switch (message.kind) {
    case "fence":
      return fence(state, from, message.config);
    case "fenced":
      return takeFenced(state, from, message.epoch);
    case "copy":
      return readPage(state, from, message);
  }
};

/**
 * Obeys the next configuration, and no earlier one: from when this is on the disk nothing of an earlier epoch is promised or accepted here.
 *
 * Of two configurations for one epoch it obeys the one that came first: were there two replacements at a time, each new acceptor would count the other's
 * predecessor among those that hand over.
 */
const fence = (
  state: AcceptorState,
  from: PeerId,
  config: RegisterConfig,
): readonly AcceptorEffect[] => {
  const { head, self } = state;
  if (head === null || whyBadConfig(config) !== null) return drop(state);
  if (acceptorOf(config, self.name)?.incarnation !== self.incarnation) return drop(state);
  const then: readonly AcceptorEffect[] = [
    { kind: "send", to: from, message: { kind: "fenced", epoch: config.epoch } },
  ];
  if (isSameConfig(head.config, config)) return afterDisk(then);
  if (whyNotNext(head.config, config, from) !== null) return drop(state);
  assert(config.epoch > head.config.epoch, "an earlier epoch is obeyed again");
  state.head = { ...head, config };
  return [{ kind: "persist", records: [state.head], then }];
};

/**
 * Reads a page for a new acceptor, from the disk as it is. Everything that was accepted in an earlier epoch is there: whoever asks was told that the new epoch
 * is obeyed, and that was told once it was on the disk, behind all earlier writes.
 */
const readPage = (
  state: AcceptorState,
  to: PeerId,
  { epoch, afterKey }: Extract<ReplacementMessage, { kind: "copy" }>,
): readonly AcceptorEffect[] => {
  if (state.head?.config.epoch !== epoch) return [];
  const token = nextToken(state);
  state.copyByToken.set(token, { to, epoch, afterKey });
  const { incarnation } = state.self;
  const bytesMax = state.limits.pageBytesMax;
  return [{ kind: "load", token, query: { kind: "registers", incarnation, afterKey, bytesMax } }];
};

/**
 * Hands a page over, unless a later epoch is obeyed since it was asked for. An empty one is the end.
 *
 * Were the page handed over for whatever epoch is obeyed by now:
 *   1. in epoch 2 c has taken its place; its first question comes to a once more, and a's disk is slow to read the page;
 *   2. a and c accept x, which is committed; c loses its disk once more, and a obeys epoch 3;
 *   3. the page of step 1, which knows nothing of x, goes to the new c as what a has.
 */
export const sendCopied = (
  { head }: AcceptorState,
  { to, epoch, afterKey }: PageAsked,
  rows: readonly CopiedRegister[],
): readonly AcceptorEffect[] => {
  if (head?.config.epoch !== epoch) return [];
  const { floor } = head;
  const isLast = rows.length === 0;
  return [{ kind: "send", to, message: { kind: "copied", epoch, afterKey, rows, isLast, floor } }];
};
