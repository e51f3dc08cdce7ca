// A report as Markdown tables: one for each measure, a row for each type and size, a column for each library.

const measures = [
  [
    "Operations a second, each with its delta in bytes (median; least to most)",
    (result) => spread(result.operationsPerSecond, count),
  ],
  ["Bytes of one operation's delta", (result) => count(result.deltaBytes)],
  ["Bytes of the state", (result) => count(result.stateBytes)],
  [
    "Milliseconds to take in the whole state of a replica, both 100 changes apart (median; least to most)",
    (result) => spread(result.mergeMs, milliseconds),
  ],
  ["Milliseconds to make the value, entry by entry", (result) => milliseconds(result.fillMs)],
  ["Resident memory of the value, MB", (result) => (result.memoryBytes / 1e6).toFixed(1)],
];

const count = (value) => Math.round(value).toLocaleString("en-US");
const milliseconds = (value) => (value < 10 ? value.toFixed(2) : count(value));
const spread = ({ median, least, most }, spell) =>
  `${spell(median)} (${spell(least)} to ${spell(most)})`;

/** The tables of a report, with machine and versions before them. */
export const tableOf = ({ machine, versions, results }) => {
  const libraries = Object.keys(versions);
  const head = `${machine.processor}, ${machine.processors} processors, ${machine.memoryGiB} GiB, Node ${machine.node}`;
  const rows = [
    ...new Map(results.map(({ type, size }) => [`${type} of ${count(size)}`, { type, size }])),
  ];
  const cell = (library, { type, size }, spell) => {
    const result = results.find(
      (one) => one.library === library && one.type === type && one.size === size,
    );
    if (result === undefined) return "not run";
    if (result.kind === "measured") return spell(result);
    return result.kind === "absent" ? "–" : result.kind;
  };
  return [
    head,
    ...measures.map(([title, spell]) =>
      [
        `\n${String(title)}\n`,
        `| | ${libraries.map((library) => `${library} ${versions[library]}`).join(" | ")} |`,
        `| --- |${" ---: |".repeat(libraries.length)}`,
        ...rows.map(
          ([name, row]) =>
            `| ${name} | ${libraries.map((library) => cell(library, row, spell)).join(" | ")} |`,
        ),
      ].join("\n"),
    ),
  ].join("\n");
};
