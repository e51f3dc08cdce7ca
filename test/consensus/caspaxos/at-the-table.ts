/** What tests at the table of CASPaxos have in common: which messages arrive, and how long is waited. */
import { createRegisterTable, type Envelope, type RegisterTable } from "./table.ts";

/** The acceptors of most tests. */
export const acceptors = ["a", "b", "c"];
/** The proposers of all tests. */
export const proposers = ["p", "q", "r"];

/** Only messages to these. */
export const to =
  (...names: string[]) =>
  (envelope: Envelope): boolean =>
    names.includes(envelope.to);

/** Only messages between the proposers and these acceptors. */
export const withNames =
  (...names: string[]) =>
  (envelope: Envelope): boolean =>
    names.includes(envelope.to) || names.includes(envelope.from);

/** Only messages of these kinds. */
export const kind =
  (...kinds: string[]) =>
  (envelope: Envelope): boolean =>
    kinds.includes(envelope.message.kind);

/** Only messages that all of these want. */
export const both =
  (...filters: ((envelope: Envelope) => boolean)[]) =>
  (envelope: Envelope): boolean =>
    filters.every((filter) => filter(envelope));

/** Lets these messages through until the proposer has said something, for a few seconds at most; others are lost. */
export const settle = (
  table: RegisterTable,
  proposer: string,
  wanted: (envelope: Envelope) => boolean = () => true,
): void => {
  table.told();
  for (let tries = 0; tries < 12; tries += 1) {
    table.deliver(wanted);
    if (table.told().length > 0) return;
    table.wait(proposer, 500);
  }
};

/** The same, but only until the proposer asks to accept. */
export const untilAccept = (
  table: RegisterTable,
  proposer: string,
  wanted: (envelope: Envelope) => boolean,
): void => {
  for (let tries = 0; tries < 12; tries += 1) {
    table.deliverOnly(wanted);
    table.deliverOnly(to(proposer));
    if (table.underWay().some(kind("accept"))) return;
    table.loseAll();
    table.wait(proposer, 500);
  }
};

/** Puts a text. */
export const set = (text: string) => ({ kind: "set", text }) as const;
/** Adds a text to what is there. */
export const append = (text: string) => ({ kind: "append", text }) as const;

/** A table of the first so many acceptors. */
export const newTable = (
  quorums?: { prepareQuorum: number; acceptQuorum: number },
  count = 3,
): RegisterTable =>
  createRegisterTable({
    acceptors: ["a", "b", "c", "d", "e"].slice(0, count),
    proposers,
    ...(quorums === undefined ? {} : { quorums }),
  });

/** What each acceptor has accepted last, as text. */
export const written = (table: RegisterTable, key: string): (string | null)[] =>
  table.config.acceptors.map(({ name }) => {
    const value = table.acceptor(name).state.heldByKey.get(key)?.register?.accepted?.state.value;
    return value === null || value === undefined ? null : new TextDecoder().decode(value);
  });
