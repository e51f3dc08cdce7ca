/** Messages and records as short lines of text, for golden traces and for looking at a seed that failed. */
import type { Dot, VersionVector } from "@syncline/clocks";
import type { Entry, HomeRecord, ShownEntry, SpaceMessage } from "@syncline/gossip";

/** How a log or an edge is called in a line. */
export type NameOf = (identity: string) => string;

const short: NameOf = (identity) => identity.slice(0, 4);

const vectorText = (vector: VersionVector, nameOf: NameOf): string =>
  `{${[...vector]
    .filter(([, number]) => number > 0)
    .map(([log, number]) => `${nameOf(log)}:${number}`)
    .sort()
    .join(" ")}}`;

const dotText = ({ incarnation, number }: Dot, nameOf: NameOf): string =>
  `${nameOf(incarnation)}:${number}`;

const entryText = (entry: Entry, nameOf: NameOf): string => {
  const author =
    entry.author === null ? "carried" : `${nameOf(entry.author.edge)}#${entry.author.number}`;
  return `${dotText(entry, nameOf)}=${author}/${entry.batch.document}`;
};

/** A message in one line: its kind and the fields that matter. */
export const describe = (message: SpaceMessage, nameOf: NameOf = short): string =>
  [message.kind, ...fieldsOf(message, nameOf)].filter((text) => text !== "").join(" ");

const fieldsOf = (message: SpaceMessage, nameOf: NameOf): readonly string[] => {
  const vector = (of: VersionVector): string => vectorText(of, nameOf);
  const dot = (of: Dot): string => dotText(of, nameOf);
  const upTo = (page: { readonly isLast: boolean; readonly vector: VersionVector }): string =>
    page.isLast ? `up to ${vector(page.vector)}` : "more follows";
  switch (message.kind) {
    case "join":
      return [nameOf(message.edge), vector(message.vector)];
    case "submit":
      return [`#${message.firstNumber}`, ...message.batches.map(({ document }) => document)];
    case "carry":
      return message.batches.map((one) => `${dot(one)}/${one.batch.document}`);
    case "presence":
      return [
        `${message.key}`,
        message.bytes.length === 0 ? "gone" : `${message.bytes.length} bytes`,
      ];
    case "welcome": {
      const { admitted, heardCount, homeCount } = message;
      const known = admitted === null ? "no number" : `#${admitted.number} at ${dot(admitted.dot)}`;
      const disks = message.durable.map((one) => `${one.home}${vector(one.vector)}`);
      return [
        message.home,
        vector(message.vector),
        `knows ${known}`,
        `heard ${heardCount} of ${homeCount}`,
        ...disks,
      ];
    }
    case "group":
      return [
        ...message.entries.map((one) => shownText(one, nameOf)),
        ...message.states.map(({ document }) => `state/${document}`),
        upTo(message),
      ];
    case "update":
      return message.entries.map((one) => shownText(one, nameOf));
    case "admitted":
      return [`#${message.number}`, `at ${dot(message.dot)}`];
    case "carried":
      return [dot(message.from), message.to === null ? "let go" : `to ${dot(message.to)}`];
    case "heard":
      return [`${message.heardCount} homes`, vector(message.vector)];
    case "durable":
      return [message.home, message.isWhole ? "all" : "more", vector(message.vector)];
    case "refused":
      return [`#${message.number}`, message.code];
    case "hello":
      return [
        nameOf(message.incarnation),
        vector(message.vector),
        `round ${message.round}`,
        message.isReply ? "reply" : "",
      ];
    case "replicate":
      return message.entries.map((one) => `${entryText(one, nameOf)} after ${vector(one.after)}`);
    case "stored":
      return [vector(message.vector)];
    case "pull":
      return [`${message.number}`, vector(message.vector)];
    case "fill":
      return [
        `${message.number}`,
        ...message.entries.map((one) => entryText(one, nameOf)),
        ...message.states.map(({ document, last }) => `state/${document}${vector(last)}`),
        upTo(message),
      ];
  }
};

const shownText = (entry: ShownEntry, nameOf: NameOf): string =>
  entry.batch === null
    ? `${dotText(entry, nameOf)}=own#${entry.ownNumber}`
    : `${dotText(entry, nameOf)}/${entry.batch.document}`;

/** A record in a word or two. */
export const describeRecord = (record: HomeRecord): string => {
  switch (record.kind) {
    case "entry":
      return entryText(record.entry, short);
    case "stub":
    case "no-entry":
      return `${record.kind}@${dotText(record, short)}`;
    case "state":
      return `state/${record.state.document}/${record.part}${vectorText(record.state.last, short)}`;
    case "no-state":
      return `no-state/${record.document}/${record.part}`;
    case "head":
      return `head${vectorText(record.vector, short)}`;
    case "document":
    case "edge":
    case "no-edge":
    case "unsettled":
      return record.kind;
  }
};
