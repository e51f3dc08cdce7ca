/** Retired replicas: folding changes no value, and the fence keeps folded and unfolded apart. */
import {
  admit,
  agree,
  awSet,
  boundedCounter,
  decodeFold,
  encodeFold,
  type Fenced,
  foldedReplica,
  foldingOf,
  list,
  perform,
  pnCounter,
  prepare,
  rejoin,
  type RightsTable,
  rightsOf,
  unfenced,
} from "@syncline/crdt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { replicas, subjects } from "./changes.ts";
import { looseSteps, play } from "./histories.ts";

const [alice, bob, carol] = replicas as [string, string, string];
const dora = "00000000000000dd";
const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });

describe.each(subjects.map((subject) => [subject.type.name, subject] as const))(
  "%s",
  (_name, subject) => {
    const { type } = subject;

    test("has the same value after a fold, at every member, and the members still converge", () => {
      fc.assert(
        fc.property(looseSteps(subject), (steps) => {
          let { states } = play(type, steps);
          // Everybody hears everything of the retired ones', as the leader's proposals make sure; other changes stay where they are.
          let all = states.reduce((joined, state) => type.join(joined, state), type.bottom());
          const before = type.join(all, type.bottom());
          for (const retired of [carol, bob]) {
            const fold = prepare(type, unfenced(all), retired);
            const read = decodeFold(type, encodeFold(type, fold))!;
            states = states.map((state) => perform(type, unfenced(state), read).state);
            all = perform(type, unfenced(all), fold).state;

            for (const state of states) {
              expect(type.isBottom(foldingOf(type).partOf(state, retired))).toBe(true);
            }
            const joined = states.reduce((sum, state) => type.join(sum, state), type.bottom());
            expect(type.encode(joined)).toEqual(type.encode(all));
          }
          // Where the last writer wins, equal times are ordered by replica, which another id may turn round: everywhere alike, as shown above.
          const isByTime = type.latestTime(before) !== null;
          expect(type.value(all)).toEqual(type.value(isByTime ? all : before));
        }),
        { numRuns: 60 },
      );
    });
  },
);

const counted = (replica: string, amount: number) =>
  pnCounter.mutators.increment(pnCounter.bottom(), replica, amount);

describe("the two phases", () => {
  test("a member that knows more answers with it, and the next proposal has it", () => {
    const leader = unfenced(counted(carol, 3));
    const member = unfenced(counted(carol, 5));
    const early = prepare(pnCounter, leader, carol);

    const answer = agree(pnCounter, member, { epoch: 0, fold: early });

    expect(answer.kind).toBe("more");
    if (answer.kind === "more") pnCounter.apply(leader.state, answer.delta);
    const late = prepare(pnCounter, leader, carol);
    expect(agree(pnCounter, member, { epoch: 0, fold: late }).kind).toBe("agreed");
    expect(pnCounter.value(perform(pnCounter, member, late).state)).toBe(5);
  });

  test("from agreeing on, nothing more is taken from the retired replica", () => {
    const member = unfenced(counted(carol, 5));
    const fold = prepare(pnCounter, member, carol);
    const answer = agree(pnCounter, member, { epoch: 0, fold });
    const closing = answer.kind === "agreed" ? answer.fenced : member;
    const late = { epoch: 0, from: carol, delta: counted(carol, 6) };

    expect(() => admit(pnCounter, closing, late)).toThrow(code("RETIRED"));
    expect(admit(pnCounter, closing, { ...late, from: bob, delta: counted(bob, 1) })).toBe(true);
    expect(pnCounter.value(closing.state)).toBe(6);
  });

  test("a delta of before the fold is refused, and so is one of after it where it is not known", () => {
    const before = unfenced(counted(carol, 5));
    const after = perform(pnCounter, before, prepare(pnCounter, before, carol));
    const delta = counted(bob, 1);

    expect(() => admit(pnCounter, after, { epoch: 0, from: bob, delta })).toThrow(
      code("BELOW_FENCE"),
    );
    expect(() => admit(pnCounter, before, { epoch: 1, from: bob, delta })).toThrow(
      code("ABOVE_FENCE"),
    );
    expect(() => admit(pnCounter, after, { epoch: 1, from: carol, delta })).toThrow(
      code("RETIRED"),
    );
    expect(pnCounter.value(after.state)).toBe(5);
  });

  test("a hundred replicas that are gone are one entry", () => {
    let member: Fenced<ReturnType<typeof pnCounter.bottom>> = unfenced(pnCounter.bottom());
    for (let index = 0; index < 100; index += 1) {
      const replica = index.toString(16).padStart(16, "0");
      pnCounter.apply(member.state, counted(replica, index));
      member = perform(pnCounter, member, prepare(pnCounter, member, replica));
    }

    expect(pnCounter.value(member.state)).toBe(4_950);
    expect(pnCounter.stats(member.state)).toMatchObject({ actors: 1, dots: 1 });
    expect(foldingOf(pnCounter).partOf(member.state, foldedReplica).size).toBe(1);
  });
});

describe("who was away", () => {
  test("rejoins with what it had not sent, counted once", () => {
    const shared = pnCounter.join(counted(carol, 5), counted(bob, 2));
    const away = pnCounter.mutators.decrement(shared, bob, 1);
    const current = perform(
      pnCounter,
      unfenced(shared),
      prepare(pnCounter, unfenced(shared), carol),
    );

    const back = rejoin(pnCounter, current, { epoch: 0, unsent: away, replica: bob });

    expect(pnCounter.value(back.fenced.state)).toBe(6);
    expect(admit(pnCounter, current, { epoch: 1, from: bob, delta: back.unsent })).toBe(true);
    expect(pnCounter.encode(current.state)).toEqual(pnCounter.encode(back.fenced.state));
  });

  test("and was retired meanwhile, goes on under a new id", () => {
    const shared = counted(carol, 5);
    const away = pnCounter.mutators.increment(shared, carol, 4);
    const current = perform(
      pnCounter,
      unfenced(shared),
      prepare(pnCounter, unfenced(shared), carol),
    );
    const mine = { epoch: 0, unsent: away };

    expect(() => rejoin(pnCounter, current, { ...mine, replica: carol })).toThrow(code("RETIRED"));
    const back = rejoin(pnCounter, current, { ...mine, replica: dora });

    expect(pnCounter.value(back.fenced.state)).toBe(9);
    expect(pnCounter.value(pnCounter.join(current.state, back.unsent))).toBe(9);
  });

  test("keeps its place in a set and a list: what it removed of the retired one's is removed", () => {
    const shared = awSet.mutators.add(awSet.bottom(), carol, "x");
    const unsent = awSet.mutators.remove(shared, bob, "x");
    awSet.apply(unsent, awSet.mutators.add(awSet.join(shared, unsent), bob, "y"));
    const current = perform(awSet, unfenced(shared), prepare(awSet, unfenced(shared), carol));

    const back = rejoin(awSet, current, { epoch: 0, unsent, replica: bob });
    expect(awSet.value(back.fenced.state)).toEqual(new Set(["y"]));
    expect(awSet.value(awSet.join(current.state, back.unsent))).toEqual(new Set(["y"]));

    const typed = list.mutators.push(list.bottom(), carol, 1, 2, 3);
    const more = list.mutators.insert(typed, carol, 1, 9);
    const closed = perform(list, unfenced(typed), prepare(list, unfenced(typed), carol));
    const late = rejoin(list, closed, { epoch: 0, unsent: more, replica: dora });
    expect(list.value(late.fenced.state)).toEqual([1, 9, 2, 3]);
  });

  test("passes on what the retired one had told it alone", () => {
    const shared = counted(carol, 5);
    const told = pnCounter.join(shared, counted(carol, 7));
    const unsent = pnCounter.join(told, counted(alice, 1));
    const current = perform(
      pnCounter,
      unfenced(shared),
      prepare(pnCounter, unfenced(shared), carol),
    );

    const back = rejoin(pnCounter, current, { epoch: 0, unsent, replica: alice });

    expect(pnCounter.value(back.fenced.state)).toBe(8);
  });

  test("is counted once, though somebody else had heard of it and passed it on", () => {
    const shared = counted(carol, 5);
    const told = pnCounter.join(shared, counted(carol, 7));
    const current = perform(
      pnCounter,
      unfenced(shared),
      prepare(pnCounter, unfenced(shared), carol),
    );

    for (const replica of [alice, dora]) {
      const back = rejoin(pnCounter, current, { epoch: 0, unsent: told, replica });
      pnCounter.apply(current.state, back.unsent);
    }

    expect(pnCounter.value(current.state)).toBe(7);
  });
});

describe("rights", () => {
  const { increment, decrement, transfer } = boundedCounter.mutators;
  const after = (state: RightsTable, ...deltas: readonly RightsTable[]): RightsTable =>
    deltas.reduce((joined, delta) => boundedCounter.join(joined, delta), state);
  const ten = increment(boundedCounter.bottom(), carol, 10);
  const shared = after(ten, transfer(ten, carol, bob, 3));
  const foldCarol = () =>
    perform(boundedCounter, unfenced(shared), prepare(boundedCounter, unfenced(shared), carol));

  test("of a retired replica are locked, and those that it gave away are not", () => {
    const { state } = foldCarol();

    expect(boundedCounter.value(state)).toBe(10);
    expect(rightsOf(state, bob)).toBe(3);
    for (const replica of [alice, dora, carol]) {
      expect(() => decrement(state, replica)).toThrow(code("NO_RIGHTS"));
    }
    expect(boundedCounter.value(after(state, decrement(state, bob, 3)))).toBe(7);
  });

  test("that it used in secret count when that comes to light, once", () => {
    const { state } = foldCarol();
    const secret = after(shared, decrement(shared, carol, 7));
    const sold = after(state, decrement(state, bob, 3));

    for (const replica of [dora, alice]) {
      const back = rejoin(
        boundedCounter,
        { ...foldCarol(), state: sold },
        {
          epoch: 0,
          unsent: secret,
          replica,
        },
      );
      boundedCounter.apply(sold, back.unsent);
    }

    expect(boundedCounter.value(sold)).toBe(0);
  });

  test("that it made and gave in secret hold for who has used them", () => {
    const more = after(shared, increment(shared, carol, 5));
    const given = after(more, transfer(more, carol, alice, 12));
    const used = after(given, decrement(given, alice, 12));

    const back = rejoin(boundedCounter, foldCarol(), { epoch: 0, unsent: used, replica: alice });

    expect(boundedCounter.value(back.fenced.state)).toBe(3);
    expect(rightsOf(back.fenced.state, alice)).toBe(0);
    expect(rightsOf(back.fenced.state, bob)).toBe(3);
  });
});
