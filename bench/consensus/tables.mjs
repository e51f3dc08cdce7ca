// Results as tables for a README: medians over the rounds.

const number = (value, digits = 0) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

const columns = [
  ["a second", ({ perSecond }) => number(perSecond)],
  ["median ms", ({ medianMs }) => number(medianMs, 2)],
  ["99 % ms", ({ p99Ms }) => number(p99Ms, 2)],
  ["nodes' CPU µs", ({ processorMicros }) => number(processorMicros)],
  ["load's CPU µs", ({ loadMicros }) => number(loadMicros)],
  ["waits of threads", ({ switchCount }) => number(switchCount, 1)],
];

/** A table of writes and one of reads. The columns behind the times are for each operation, of all three nodes together. */
export const tablesOf = (results, { clientCounts }, names) =>
  ["write", "read"]
    .map((kind) => tableOf(kind, medians(results, kind), { clientCounts, names }))
    .join("\n\n");

const tableOf = (kind, medianOf, { clientCounts, names }) => {
  const headings = [
    "clients",
    "system",
    `${kind}s a second`,
    ...columns.slice(1).map(([name]) => name),
  ];
  const rows = clientCounts.flatMap((clientCount) =>
    names.map((system) => {
      const found = medianOf(clientCount, system);
      return [clientCount, system, ...columns.map(([, cell]) => cell(found))];
    }),
  );
  const lines = [headings, headings.map(() => "---"), ...rows].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
  return [...lines, ...ratiosOf(kind, medianOf, { clientCounts, names })].join("\n");
};

/** How many times the other's rate ours is, where both were measured. */
const ratiosOf = (kind, medianOf, { clientCounts, names }) => {
  if (!names.includes("etcd") || !names.includes("syncline")) return [];
  const ratios = clientCounts.map((clientCount) => {
    const ratio =
      medianOf(clientCount, "syncline").perSecond / medianOf(clientCount, "etcd").perSecond;
    return `${clientCount}: ${ratio.toFixed(2)}`;
  });
  return ["", `syncline's ${kind}s a second over etcd's, by clients: ${ratios.join(", ")}`];
};

const medians = (results, kind) => (clientCount, system) => {
  const some = results.filter(
    (one) => one.clientCount === clientCount && one.system === system && one.kind === kind,
  );
  const fields = Object.keys(some[0] ?? {}).filter((field) => typeof some[0][field] === "number");
  return Object.fromEntries(
    fields.map((field) => [field, medianOf(some.map((one) => one[field]))]),
  );
};

/** The one in the middle. */
export const medianOf = (numbers) => {
  const sorted = numbers.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
