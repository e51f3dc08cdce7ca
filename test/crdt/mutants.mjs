// Bugs to plant in the data types and their clocks: each replaces exact pieces of a source, and the tests of both must fail for it.
// Those of other libraries are named where they are known.

const crdt = "packages/crdt/src/";
const clocks = "packages/clocks/src/";

/** One piece of one file with what stands in its place. */
const bug = (name, does, file, piece, instead) => ({
  name,
  does,
  changes: [{ file, piece, instead }],
});

/** Each bug: what it is called, what it does, and the piece of a source with what stands in its place. */
export const mutants = [
  bug(
    "equal-stamps-keep-ones-own",
    "of two writes with one stamp each replica keeps its own (TinyBase)",
    `${crdt}writes.ts`,
    `return comparePlain(left.value, right.value);`,
    `return 0;`,
  ),
  bug(
    "write-behind-what-it-overwrites",
    "a write takes the wall clock's time, though what it overwrites is later",
    `${crdt}writes.ts`,
    `time: timeAfter(state.get(write.key)?.time, write.time)`,
    `time: timeAfter(undefined, write.time)`,
  ),
  bug(
    "removal-without-its-dots",
    "the delta of a removal says nothing of what it has seen (delta-crdts)",
    `${crdt}aw-set.ts`,
    `remove: (at, element) => coverAll(factsAbout(at.node, elementOf(element)), at),`,
    `remove: (at, element) => void factsAbout(at.node, elementOf(element)),`,
  ),
  bug(
    "addition-leaves-old-dots",
    "an addition does not replace the dots of earlier ones",
    `${crdt}aw-set.ts`,
    `coverAll(factsAbout(at.node, plain), at);
      at.put(plain);`,
    `at.put(plain);`,
  ),
  bug(
    "addition-wins-in-rw-set",
    "a remove-wins set shows what was added, whoever removed it",
    `${crdt}rw-set.ts`,
    `.filter((key) => !removed.has(key))`,
    `.filter((key) => !removed.has(key) || added.has(key))`,
  ),
  bug(
    "flag-of-any",
    "a disable-wins flag is on if anybody says so",
    `${crdt}dw-flag.ts`,
    `if (!value) return false;`,
    `if (!value) continue;`,
  ),
  bug(
    "two-phase-set-takes-back",
    "an element that was removed for ever can be added again",
    `${crdt}memberships.ts`,
    `compare: (left, right) => Number(left.isRemoved) - Number(right.isRemoved),`,
    `compare: (left, right) => Number(right.isRemoved) - Number(left.isRemoved),`,
  ),
  bug(
    "sibling-forgotten",
    "a write to a multi-value register leaves one of the siblings",
    `${crdt}mv-register.ts`,
    `coverAll(at.node.keys(), at);
  at.put(plain);`,
    `coverAll([...at.node.keys()].slice(-1), at);
  at.put(plain);`,
  ),
  bug(
    "reset-takes-what-it-has-not-seen",
    "the reset of a counter in a map forbids the replica's later counts, too",
    `${crdt}counter-shape.ts`,
    `reset: (at) => coverAll(at.node.facts, at),`,
    `reset: (at) => {
      for (const fact of at.node.facts) at.cover({ ...fact, number: fact.number + 1 });
      coverAll(at.node.facts, at);
    },`,
  ),
  bug(
    "key-removed-for-all-time",
    "a key of a map is removed with one dot of it only",
    `${crdt}or-map.ts`,
    `      if (node !== undefined) coverAll(part.factsOf(node), at);
    },
    clear`,
    `      if (node !== undefined) coverAll([...part.factsOf(node)].slice(0, 1), at);
    },
    clear`,
  ),
  bug(
    "counts-of-32-bits",
    "sums wrap around at 2^31",
    `${crdt}integer.ts`,
    `if (Number.isSafeInteger(sum)) return sum;`,
    `if (Number.isSafeInteger(sum)) return sum | 0;`,
  ),
  bug(
    "counts-of-53-bits",
    "sums beyond 2^53 are rounded",
    `${crdt}integer.ts`,
    `if (Number.isSafeInteger(sum)) return sum;`,
    `return sum;`,
  ),
  bug(
    "rights-not-counted-out",
    "rights that were given away can be used again",
    `${crdt}bounded-counter.ts`,
    `else if (isFrom) rights = subtractIntegers(rights, entry.amount);`,
    `else if (isFrom && entry.to === null) rights = subtractIntegers(rights, entry.amount);`,
  ),
  bug(
    "delta-with-everything",
    "the delta of an addition holds the whole context (delta-crdts returns the whole set)",
    `${crdt}causal.ts`,
    `const delta = emptyStore<Payload, Node>();
      let number`,
    `const delta = emptyStore<Payload, Node>(new Map(state.context));
      let number`,
  ),
  bug(
    "removed-comes-back",
    "a join takes facts that the other has seen and removed",
    `${crdt}dot-store.ts`,
    `for (const [number, fact] of news.facts.get(replica) ?? []) {`,
    `for (const [number, fact] of delta.facts.get(replica) ?? []) {`,
  ),
  bug(
    "removal-not-in-the-difference",
    "the difference of two states lacks what was overwritten between them",
    `${crdt}dot-store.ts`,
    `if (!own?.has(fact.number)) putDot(news, fact);`,
    `if (own === undefined) putDot(news, fact);`,
  ),
  bug(
    "clone-believed",
    "a dot with two meanings is taken as it comes",
    `${crdt}dot-store.ts`,
    `if (known === undefined || known === fact) continue;`,
    `if (known?.number !== 0) continue;`,
  ),
  bug(
    "clone-of-one-past-believed",
    "a delta that does not go on from what was heard of its replica is taken",
    `${crdt}origins.ts`,
    `if (before !== known.digest) return "cloned";`,
    `if (before < 0) return "cloned";`,
  ),
  bug(
    "context-over-a-gap",
    "dots beyond a gap fill it",
    `${clocks}causal-context.ts`,
    `if (from === known.at(-1)) {`,
    `if (from >= (known.at(-1) ?? Infinity)) {`,
  ),
  bug(
    "number-used-again",
    "a replica's next dot is the first that it lacks",
    `${clocks}causal-context.ts`,
    `return ranges === undefined ? 1 : (ranges.at(-1) ?? 1);`,
    `return ranges?.[0] === 1 ? (ranges[1] ?? 1) : 1;`,
  ),
  bug(
    "clock-from-the-future",
    "a remote time however far ahead moves the local clock",
    `${clocks}hybrid-logical-clock.ts`,
    `if (!(aheadMs <= driftMaxMs)) return { kind: "too-far-ahead", aheadMs };`,
    `if (Number.isNaN(aheadMs)) return { kind: "too-far-ahead", aheadMs };`,
  ),
  bug(
    "clock-set-back",
    "a local event takes the wall clock's time, though the clock has seen a later one",
    `${clocks}hybrid-logical-clock.ts`,
    `return wallMs > clock.timeMs ? { timeMs: wallMs, counter: 0 } : after(clock);`,
    `return wallMs === clock.timeMs ? after(clock) : { timeMs: wallMs, counter: 0 };`,
  ),
  bug(
    "facts-in-order-of-arrival",
    "equal states have other bytes, as facts came",
    `${crdt}causal.ts`,
    `for (const [replica, ranges] of [...state.context].sort(byReplica)) {`,
    `for (const [replica, ranges] of [...state.context]) {`,
  ),
  bug(
    "minus-zero-is-zero",
    "-0 is written as an integer",
    `${crdt}plain-encoding.ts`,
    `Number.isSafeInteger(value) && !Object.is(value, -0);`,
    `Number.isSafeInteger(value);`,
  ),
  bug(
    "prototype-set-by-a-key",
    "an entry named __proto__ sets the prototype",
    `${crdt}plain-encoding.ts`,
    `return Object.fromEntries(entries);`,
    `return entries.reduce((object, [key, item]) => {
    (object as { [key: string]: Plain })[key] = item;
    return object;
  }, {});`,
  ),
  bug(
    "lone-surrogates-stay",
    "text is kept with lone surrogates, which nobody else is sent",
    `${crdt}text-encoding.ts`,
    `/[\\ud800-\\udfff]/.test(text) ?`,
    `/[\\ud800-\\udfff]/.test(text) && text === "" ?`,
  ),
  bug(
    "depth-without-end",
    "bytes may nest values as deep as they like",
    `${crdt}plain-encoding.ts`,
    `if (depth >= depthMax) refuse();`,
    `if (depth >= depthMax * 1000) refuse();`,
  ),
  bug(
    "count-believed",
    "a count in bytes is believed, however few bytes are left",
    `${crdt}text-encoding.ts`,
    `if (length > bytesLeft(decoder)) refuse();`,
    `if (bytesLeft(decoder) < 0) refuse();`,
  ),
  bug(
    "list-by-arrival",
    "of two runs at one place the one that was heard first comes first",
    `${crdt}list-position.ts`,
    `if (leftRun.replica !== rightRun.replica) return leftRun.replica < rightRun.replica ? -1 : 1;`,
    `if (leftRun.replica !== rightRun.replica) return -1;`,
  ),
  bug(
    "list-interleaves",
    "who types on begins a run of their own for each letter, beside the last one",
    `${crdt}list-position.ts`,
    `const at = before === null || isUnder ? after : before;`,
    `const at = before === null || isUnder ? after : (before.run.at ?? before);`,
  ),
  bug(
    "group-to-whom-it-came-from",
    "a delta goes back to where it came from",
    `${crdt}delta-buffer.ts`,
    `number > confirmed && from !== peer`,
    `number > confirmed && from !== undefined`,
  ),
  bug(
    "group-passed-on-whole",
    "of what arrives, also what was known is passed on",
    `${crdt}delta-buffer.ts`,
    `note(news, from);`,
    `note(delta, from);`,
  ),
  bug(
    "group-forgotten-unconfirmed",
    "changes are dropped when the fastest peer has them",
    `${crdt}delta-buffer.ts`,
    `const everybody = Math.min(...confirmedBy.values());`,
    `const everybody = Math.max(...confirmedBy.values());`,
  ),
  bug(
    "folded-raw-and-anew",
    "a fold leaves the retired replica's totals where they are",
    `${crdt}totals-folding.ts`,
    `if (amount > 0) rest.set(key, { ...total, amount });`,
    `rest.set(key, total);`,
  ),
  bug(
    "fold-without-the-other-epoch",
    "a delta of before a fold is joined as it is",
    `${crdt}retirement.ts`,
    `if (epoch < folds.length) throw new CrdtError("BELOW_FENCE", \`of epoch \${epoch}\`);`,
    `if (epoch < 0) throw new CrdtError("BELOW_FENCE", \`of epoch \${epoch}\`);`,
  ),
];
