/**
 * What a node has given to its disk, and that it says nothing of its disk but behind that: the second place in which its words are checked.
 *
 * The first is where each is said. This one looks at the effects of a step as they leave, whoever made them.
 */
import { assert, type Effect } from "@syncline/machine";
import type { RaftMessage } from "./messages.ts";
import type { RaftProtocol, RaftRecord } from "./protocol.ts";

/** What the disk holds once it has taken everything. */
export interface Given {
  term: number;
  vote: string | null;
  /** The index of the last entry, compacted or not. */
  lastIndex: number;
}

/** The disk is given this. */
export const noteGiven = (given: Given, record: RaftRecord): void => {
  switch (record.kind) {
    case "ballot":
      assert(record.term >= given.term, "a term goes back on the disk");
      given.term = record.term;
      given.vote = record.vote;
      return;
    case "entry":
      assert(record.entry.index <= given.lastIndex + 1, "the disk is given a log with a gap");
      given.lastIndex = record.entry.index;
      return;
    case "snapshot":
      if (record.isWhole) given.lastIndex = record.snapshot.last.index;
      return;
    case "base":
      given.lastIndex = Math.max(given.lastIndex, record.base.index);
      return;
    case "chunk":
    case "receiving":
    case "no-chunks":
    case "hole":
      return;
  }
};

/**
 * Every promise among these effects waits for the disk, and is of what the disk was given.
 *
 * A vote, a request for votes and an acknowledgement are promises: whoever hears of them counts on this disk. Cost: constant for each effect.
 */
export const checkSaid = (given: Given, effects: readonly Effect<RaftProtocol>[]): void => {
  for (const effect of effects) {
    if (effect.kind === "send") {
      assert(!isPromise(effect.message), "a promise does not wait for the disk");
    }
    if (effect.kind !== "persist") continue;
    for (const after of effect.then) {
      if (after.kind === "send") checkPromise(given, after.message);
    }
  }
};

const isPromise = (message: RaftMessage): boolean =>
  message.kind === "vote" ||
  message.kind === "append-answer" ||
  message.kind === "chunk-answer" ||
  (message.kind === "vote-answer" && message.isGranted);

/** The disk may have been given a later term in the same step already, never an earlier one. */
const checkPromise = (given: Given, message: RaftMessage): void => {
  if (!isPromise(message)) return;
  assert(message.term <= given.term, "a promise is of a term that the disk was not given");
  if (message.term < given.term) return;
  if (message.kind === "vote") {
    assert(given.vote === message.from, "votes are asked for without the own one");
  }
  if (message.kind === "vote-answer") {
    assert(given.vote === message.to, "a vote is said that the disk was not given");
  }
  if (message.kind === "append-answer") {
    assert(message.index <= given.lastIndex, "what the disk was not given is acknowledged");
  }
};
