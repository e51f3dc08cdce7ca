/** Whether replicas become equal: in the end, and whenever they have seen the same. */
import { describeDot, describeRanges, firstMissing } from "./dot-ranges.ts";
import type { Observation, Replica } from "./history.ts";
import { evidenceOf } from "./observed.ts";
import { createViolationList, type Evidence, type Verdict } from "./verdict.ts";

/**
 * Convergence: final replicas hold the same, and two that have seen the same writes hold the same at any time (strong eventual
 * consistency: Shapiro et al. 2011, "Conflict-free replicated data types", definitions 2.2 and 2.3).
 *
 * `undecided` if fewer than two replicas were final and no two contradict each other. Of replicas that differ one of each content is shown. Linear time.
 */
export const judgeConvergence = (observations: readonly Observation[]): Verdict => {
  const guarantee = "convergence";
  const replicas = observations.filter((observation) => observation.kind === "replica");
  const final = replicas.filter(({ isFinal }) => isFinal);
  const list = createViolationList(guarantee);
  const different = oneOfEachContent(final);
  if (different.length > 1) {
    list.add(() => ({ sentence: differenceOf(different), evidence: evidenceOfEach(different) }));
  }
  const replicasBySeen = new Map<string, Replica[]>();
  for (const replica of replicas) {
    if (replica.seen === undefined) continue;
    const seen = describeRanges(replica.seen);
    const others = replicasBySeen.get(seen) ?? [];
    others.push(replica);
    replicasBySeen.set(seen, others);
  }
  for (const alike of replicasBySeen.values()) {
    const unlike = oneOfEachContent(alike);
    if (unlike.length > 1) {
      list.add(() => ({ sentence: contradictionOf(unlike), evidence: evidenceOfEach(unlike) }));
    }
  }
  const verdict = list.verdict(replicas.length);
  return verdict.kind === "holds" && final.length < 2
    ? { kind: "undecided", guarantee, reason: "fewer than two replicas are final" }
    : verdict;
};

const oneOfEachContent = (replicas: readonly Replica[]): readonly Replica[] => {
  const replicaByDigest = new Map<string, Replica>();
  for (const replica of replicas) {
    if (!replicaByDigest.has(replica.digest)) replicaByDigest.set(replica.digest, replica);
  }
  return [...replicaByDigest.values()];
};

/** Names the write that one lacks, if that is what it is. */
const differenceOf = (replicas: readonly Replica[]): string => {
  const names = replicas.map(({ replica }) => replica).join(" and ");
  for (const behind of replicas) {
    for (const ahead of replicas) {
      if (behind.seen === undefined || ahead.seen === undefined) continue;
      const missing = firstMissing(behind.seen, ahead.seen);
      if (missing === null) continue;
      return `${names} differ in the end: ${behind.replica} lacks ${describeDot(missing)}, which ${ahead.replica} has`;
    }
  }
  return `${names} differ in the end`;
};

const contradictionOf = (replicas: readonly Replica[]): string =>
  `${replicas.map(({ replica, time }) => `${replica} at time ${time}`).join(" and ")} had seen the same writes and held different content`;

/** Contents are shown only as far as a line has room. */
const DIGEST_LENGTH_MAX = 40;

const evidenceOfEach = (replicas: readonly Replica[]): readonly Evidence[] =>
  replicas.map((replica, index) => {
    const { digest } = replica;
    const isLong = digest.length > DIGEST_LENGTH_MAX;
    const shown = isLong ? `${digest.slice(0, DIGEST_LENGTH_MAX)}…` : digest;
    const isCulprit = index === replicas.length - 1;
    return evidenceOf(replica, { what: `held ${shown}`, isCulprit });
  });
