/** What answers prove beside a plain twin, which looks at everything that the silent acceptors may have accepted; and quorums beside every pair of sets. */
import { seededRandom } from "@syncline/machine";
import { expect, test } from "vitest";
import { agreementOf } from "./agreement.ts";
import { majorityConfig, type RegisterConfig, whyBadConfig } from "./config.ts";
import type { Accepted } from "./register.ts";

const CASES = 50_000;

/** What was accepted in a round; 0 stands for nothing. */
const acceptedIn = (round: number): Accepted | null =>
  round === 0
    ? null
    : {
        ballot: { round, proposer: "p" },
        state: { value: Uint8Array.of(round), knownFrom: 0, sessions: [] },
      };

const configOf = (count: number, prepareQuorum: number, acceptQuorum: number): RegisterConfig => ({
  ...majorityConfig(
    1,
    Array.from({ length: count }, (_, index) => ({ name: `a${index}`, incarnation: "1" })),
  ),
  prepareQuorum,
  acceptQuorum,
});

/** Every list of so many rounds from 0 to 4. Of round 4 nobody who answers has heard. */
const everyListOf = (count: number): readonly (readonly number[])[] =>
  count === 0
    ? [[]]
    : everyListOf(count - 1).flatMap((rest) => [0, 1, 2, 3, 4].map((round) => [...rest, round]));

const lists = [0, 1, 2, 3, 4, 5].map(everyListOf);

const countOf = (rounds: readonly number[], round: number): number =>
  rounds.filter((one) => one === round).length;

interface Proven {
  /** The latest of the answers is on an accept quorum, and whatever the silent have accepted, nothing later is. */
  readonly isCommitted: boolean;
  /** The silent may have accepted so much of it that it is on an accept quorum. */
  readonly canBeCommitted: boolean;
}

const whatIsProven = (answers: readonly number[], count: number, acceptQuorum: number): Proven => {
  const latest = Math.max(0, ...answers);
  const ends = lists[count - answers.length]!.map((silent) => [...answers, ...silent]);
  const isOnQuorum = (all: readonly number[], round: number): boolean =>
    countOf(all, round) >= acceptQuorum;
  const isNothing = latest === 0;
  const isOutdone = ends.some((all) =>
    [1, 2, 3, 4].some((round) => round > latest && isOnQuorum(all, round)),
  );
  return {
    isCommitted: (isNothing || isOnQuorum(answers, latest)) && !isOutdone,
    canBeCommitted: isNothing || ends.some((all) => isOnQuorum(all, latest)),
  };
};

test(`what ${CASES} sets of answers prove holds whatever the silent have accepted`, () => {
  const random = seededRandom(1);
  const provenBy = new Map<string, Proven>();
  const wrong: string[] = [];
  for (let run = 0; run < CASES; run += 1) {
    const count = random.integer(1, 6);
    const acceptQuorum = random.integer(1, count + 1);
    // A prepare quorum may be larger than it must be; then less is believed than is proven.
    const least = count + 1 - acceptQuorum;
    const prepareQuorum = random.chance(0.7) ? least : random.integer(least, count + 1);
    const answers = Array.from({ length: random.integer(0, count + 1) }, () =>
      random.integer(0, 4),
    );
    const name = JSON.stringify([count, acceptQuorum, answers]);
    const proven = provenBy.get(name) ?? whatIsProven(answers, count, acceptQuorum);
    provenBy.set(name, proven);

    const found = agreementOf(
      answers.map(acceptedIn),
      configOf(count, prepareQuorum, acceptQuorum),
    );

    const isCommitted = proven.isCommitted && answers.length >= prepareQuorum;
    const isRight =
      (found.latest?.ballot.round ?? 0) === Math.max(0, ...answers) &&
      found.isCommitted === isCommitted &&
      found.canBeCommitted === proven.canBeCommitted &&
      (prepareQuorum > least || isCommitted === proven.isCommitted);
    if (!isRight) wrong.push(`${prepareQuorum} prepare of ${name}: ${JSON.stringify(found)}`);
  }

  expect(wrong).toEqual([]);
});

test("a configuration is good if and only if each set of the one size meets each set of the other", () => {
  const wrong: string[] = [];
  for (let count = 1; count <= 7; count += 1) {
    const setsOf = (size: number): number[] =>
      Array.from({ length: 2 ** count }, (_, set) => set).filter(
        (set) => set.toString(2).replaceAll("0", "").length === size,
      );
    for (let prepareQuorum = 0; prepareQuorum <= count + 1; prepareQuorum += 1) {
      for (let acceptQuorum = 0; acceptQuorum <= count + 1; acceptQuorum += 1) {
        const [preparing, accepting] = [setsOf(prepareQuorum), setsOf(acceptQuorum)];
        const isPossible = preparing.length > 0 && accepting.length > 0;
        const isMeeting =
          isPossible && preparing.every((one) => accepting.every((other) => (one & other) !== 0));
        const why = whyBadConfig(configOf(count, prepareQuorum, acceptQuorum));
        if ((why === null) !== isMeeting) {
          wrong.push(`${prepareQuorum}/${acceptQuorum} of ${count}`);
        }
      }
    }
  }

  expect(wrong).toEqual([]);
});
