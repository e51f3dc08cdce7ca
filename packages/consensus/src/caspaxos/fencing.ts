/** What a member does when another acceptor is replaced: it obeys the new configuration from then on, and hands over what it has. */
import { assert, type PeerId } from "@syncline/machine";
import {
  type AcceptorEffect,
  type AcceptorState,
  afterDisk,
  drop,
  nextToken,
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
      // Everything that was accepted in the old epoch must be in the copy, so it is read once it is on the disk.
      if (state.head?.config.epoch !== message.epoch) return [];
      return afterDisk([{ kind: "submit", request: { kind: "copy-now", to: from, message } }]);
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

/** Reads a page for a new acceptor. */
export const copyNow = (
  state: AcceptorState,
  to: PeerId,
  { epoch, afterKey }: Extract<ReplacementMessage, { kind: "copy" }>,
): readonly AcceptorEffect[] => {
  if (state.head?.config.epoch !== epoch) return [];
  const token = nextToken(state);
  state.copyByToken.set(token, { to, afterKey });
  const { incarnation } = state.self;
  const bytesMax = state.limits.pageBytesMax;
  return [{ kind: "load", token, query: { kind: "registers", incarnation, afterKey, bytesMax } }];
};

/** Hands a page over. An empty one is the end. */
export const sendCopied = (
  { head }: AcceptorState,
  { to, afterKey }: { readonly to: PeerId; readonly afterKey: string | null },
  rows: readonly CopiedRegister[],
): readonly AcceptorEffect[] => {
  if (head === null) return [];
  const { config, floor } = head;
  const isLast = rows.length === 0;
  return [
    {
      kind: "send",
      to,
      message: { kind: "copied", epoch: config.epoch, afterKey, rows, isLast, floor },
    },
  ];
};
