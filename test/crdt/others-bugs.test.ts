/** What others got wrong, each as a case. */
import { observe, startOfTime, tick } from "@syncline/clocks";
import {
  awSet,
  boundedCounter,
  createOrigins,
  CrdtError,
  gCounter,
  list,
  lwwMap,
  lwwRegister,
  mvRegister,
  newOrigin,
  orMap,
  pnCounter,
  record,
  rightsOf,
  send,
  siblingsOf,
  typeNamed,
} from "@syncline/crdt";
import { describe, expect, test } from "vitest";

const [alice, bob] = ["00000000000000aa", "00000000000000bb"] as [string, string];
const at = (timeMs: number) => ({ timeMs, counter: 0 });

describe("time", () => {
  test("equal stamps with different values converge, to the greater value", () => {
    const one = lwwRegister.mutators.set(lwwRegister.bottom(), alice, "one", at(5));
    const two = lwwRegister.mutators.set(lwwRegister.bottom(), alice, "two", at(5));

    expect(lwwRegister.value(lwwRegister.join(one, two))).toBe("two");
    expect(lwwRegister.value(lwwRegister.join(two, one))).toBe("two");
  });

  test("a write by somebody whose clock is behind is not lost on the spot", () => {
    const state = lwwMap.mutators.set(lwwMap.bottom(), bob, "k", "early", at(9_000));

    lwwMap.apply(state, lwwMap.mutators.set(state, alice, "k", "late", at(1_000)));

    expect(lwwMap.value(state)).toEqual(new Map([["k", "late"]]));
  });

  test("a clock an hour ahead is refused before its write is applied, and moves nobody", () => {
    const delta = lwwRegister.mutators.set(lwwRegister.bottom(), bob, "x", at(3_600_000));

    const seen = observe(startOfTime, lwwRegister.latestTime(delta)!, 0);

    expect(seen).toEqual({ kind: "too-far-ahead", aheadMs: 3_600_000 });
    expect(tick(startOfTime, 1)).toEqual(at(1));
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 60])(
    "a time of %d is refused where it is made",
    (timeMs) => {
      expect(() => lwwRegister.mutators.set(lwwRegister.bottom(), alice, 1, at(timeMs))).toThrow(
        RangeError,
      );
    },
  );
});

describe("deltas", () => {
  test("the delta of a removal removes at the receiver", () => {
    const mine = awSet.mutators.add(awSet.bottom(), alice, "x");
    const yours = awSet.join(mine, awSet.bottom());

    awSet.apply(yours, awSet.mutators.remove(mine, alice, "x"));

    expect(awSet.value(yours)).toEqual(new Set());
  });

  test("a removal that comes before the addition still removes it", () => {
    const added = awSet.mutators.add(awSet.bottom(), alice, "x");
    const removed = awSet.mutators.remove(added, bob, "x");
    const late = awSet.bottom();

    awSet.apply(late, removed);
    awSet.apply(late, added);

    expect(awSet.value(late)).toEqual(new Set());
  });

  test("a dot beyond a gap says nothing about what is in the gap", () => {
    const state = awSet.bottom();
    const deltas = ["a", "b", "c"].map((element) => {
      const delta = awSet.mutators.add(state, alice, element);
      awSet.apply(state, delta);
      return delta;
    });
    const gapped = awSet.join(deltas[0]!, deltas[2]!);

    expect(awSet.stats(gapped).cloud).toBe(1);
    expect(awSet.value(awSet.delta(state, gapped))).toEqual(new Set(["b"]));
    awSet.apply(gapped, deltas[1]!);
    expect(awSet.stats(gapped).cloud).toBe(0);
    expect(awSet.value(gapped)).toEqual(new Set(["a", "b", "c"]));
  });

  test("removing a key concurrently with a count takes what it saw, and neither more nor less", () => {
    const likes = orMap(pnCounter);
    const mine = likes.mutators.update(likes.bottom(), alice, "post", ["increment", 5]);
    const removal = likes.mutators.remove(mine, bob, "post");
    likes.apply(mine, likes.mutators.update(mine, alice, "post", ["increment", 2]));

    expect(likes.value(likes.join(mine, removal))).toEqual(new Map([["post", 2]]));
  });
});

describe("numbers", () => {
  test.each([2 ** 31, 2 ** 32, 2 ** 53 - 1])("a counter goes on beyond %d, exactly", (total) => {
    const state = gCounter.mutators.increment(gCounter.bottom(), alice, total);
    gCounter.apply(state, gCounter.mutators.increment(state, alice));

    expect(BigInt(gCounter.value(state))).toBe(BigInt(total) + 1n);
    expect(gCounter.value(gCounter.decode(gCounter.encode(state))!)).toBe(gCounter.value(state));
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("%d is no amount", (amount) => {
    expect(() => pnCounter.mutators.increment(pnCounter.bottom(), alice, amount)).toThrow(
      RangeError,
    );
  });

  test.each([Number.NaN, -0, Number.POSITIVE_INFINITY, 5e-324])("%d stays what it is", (value) => {
    const state = mvRegister.mutators.set(mvRegister.bottom(), alice, value);

    const [read] = mvRegister.value(mvRegister.decode(mvRegister.encode(state))!);

    expect(Object.is(read, value)).toBe(true);
  });

  test("NaN is one element of a set, and -0 is 0 there", () => {
    const state = awSet.bottom();
    for (const value of [Number.NaN, Number.NaN, 0, -0]) {
      awSet.apply(state, awSet.mutators.add(state, alice, value));
    }

    expect(awSet.value(state)).toEqual(new Set([Number.NaN, 0]));
  });

  test("who has no rights to take is refused, and the rest goes on", () => {
    const state = boundedCounter.mutators.increment(boundedCounter.bottom(), alice, 3);
    const taken = (): unknown => boundedCounter.mutators.decrement(state, bob, 1);

    expect(taken).toThrow(CrdtError);
    boundedCounter.apply(state, boundedCounter.mutators.transfer(state, alice, bob, 2));

    expect([rightsOf(state, alice), rightsOf(state, bob)]).toEqual([1, 2]);
    expect(taken).not.toThrow();
  });
});

describe("text and keys", () => {
  test("a lone surrogate is the same at its author as at everybody else", () => {
    const state = awSet.mutators.add(awSet.bottom(), alice, "a\ud83d");

    expect(awSet.value(state)).toEqual(new Set(["a\ufffd"]));
    expect(awSet.value(awSet.decode(awSet.encode(state))!)).toEqual(awSet.value(state));
  });

  test.each(["__proto__", "constructor", "toString", ""])(
    "the key %j is a key like any other",
    (key) => {
      const map = lwwMap.mutators.set(lwwMap.bottom(), alice, key, { [key]: 1 }, at(1));
      const tags = orMap(awSet);
      const inner = tags.mutators.update(tags.bottom(), alice, key, ["add", 1]);

      expect(lwwMap.value(lwwMap.decode(lwwMap.encode(map))!)).toEqual(lwwMap.value(map));
      expect(Object.keys(lwwMap.value(map).get(key) as object)).toEqual([key]);
      expect(tags.value(inner)).toEqual(new Map([[key, new Set([1])]]));
      expect(({} as Record<string, unknown>)["1"]).toBeUndefined();
    },
  );

  test("an object whose own key is __proto__ keeps its prototype", () => {
    const value: unknown = JSON.parse('{"__proto__": {"isAdmin": true}}');
    const state = mvRegister.mutators.set(mvRegister.bottom(), alice, value as never);

    const [read] = mvRegister.value(mvRegister.decode(mvRegister.encode(state))!);

    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect((read as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(Object.keys(read as object)).toEqual(["__proto__"]);
  });

  test("a mutator that is none is refused, also one that every object has", () => {
    const tags = orMap(awSet);

    expect(() => tags.mutators.update(tags.bottom(), alice, "k", ["toString"] as never)).toThrow(
      TypeError,
    );
  });

  test.each([
    [undefined],
    [() => 1],
    [new Date(0)],
    [Symbol("s")],
    [new Map()],
    [Array.from({ length: 2 })],
  ])("%s is no plain data", (value) => {
    expect(() => awSet.mutators.add(awSet.bottom(), alice, value as never)).toThrow(TypeError);
  });

  test("limits hold where they are, and not one before", () => {
    const add = (value: unknown) => () => awSet.mutators.add(awSet.bottom(), alice, value as never);
    const nested = (depth: number): unknown => (depth === 0 ? 0 : [nested(depth - 1)]);
    const set = (key: string) => () => lwwMap.mutators.set(lwwMap.bottom(), alice, key, 1, at(1));

    expect(add("x".repeat(262_140))).not.toThrow();
    expect(add("x".repeat(262_141))).toThrow(RangeError);
    expect(add(nested(64))).not.toThrow();
    expect(add(nested(65))).toThrow(RangeError);
    expect(set("x".repeat(1_024))).not.toThrow();
    expect(set("x".repeat(1_025))).toThrow(RangeError);
  });
});

describe("a replica id that two devices use", () => {
  test("is found out where both dots are live, and nothing is changed", () => {
    const base = awSet.mutators.add(awSet.bottom(), alice, "x");
    const [one, two] = [awSet.join(base, awSet.bottom()), awSet.join(base, awSet.bottom())];
    awSet.apply(one, awSet.mutators.add(one, alice, "from one"));
    awSet.apply(two, awSet.mutators.add(two, alice, "from two"));
    const before = awSet.encode(one);

    expect(() => awSet.apply(one, two)).toThrow(
      expect.objectContaining({ code: "CLONED_REPLICA" }),
    );
    expect(awSet.encode(one)).toEqual(before);
  });

  test("is found out for a counter, too, where the totals show nothing", () => {
    const origins = createOrigins();
    const first = send(alice, newOrigin, new Uint8Array([1]));
    expect(origins.hear(first.sent)).toBe("next");
    // The profile is copied here. Both go on to a total of 2, by one delta of the same bytes but for what follows.
    const one = send(alice, first.origin, new Uint8Array([2]));
    const two = send(alice, first.origin, new Uint8Array([3]));

    expect(origins.hear(one.sent)).toBe("next");
    expect(origins.hear(one.sent)).toBe("known");
    expect(origins.hear(two.sent)).toBe("cloned");
    expect(origins.hear(send(alice, two.origin, new Uint8Array([4])).sent)).toBe("cloned");
    expect(origins.hear(send(alice, one.origin, new Uint8Array([4])).sent)).toBe("next");
  });

  test("is found out by a device that hears its own id beyond what it has sent", () => {
    const own = createOrigins();
    const first = send(alice, newOrigin, new Uint8Array([1]));
    own.hear(first.sent);
    const restored = createOrigins();

    expect(own.hear(send(alice, newOrigin, new Uint8Array([9])).sent)).toBe("cloned");
    expect(restored.hear(send(alice, first.origin, new Uint8Array([2])).sent)).toBe("gap");
  });
});

describe("siblings and lists", () => {
  test("a register keeps all concurrent values with their dots, until one that has seen them", () => {
    const state = mvRegister.join(
      mvRegister.mutators.set(mvRegister.bottom(), bob, 2),
      mvRegister.mutators.set(mvRegister.bottom(), alice, 1),
    );

    expect(siblingsOf(state)).toEqual([
      { dot: { incarnation: alice, number: 1 }, value: 1 },
      { dot: { incarnation: bob, number: 1 }, value: 2 },
    ]);
    mvRegister.apply(
      state,
      mvRegister.mutators.resolve(state, alice, (all) => all.length),
    );
    expect(mvRegister.value(state)).toEqual([2]);
  });

  test.each(["forward", "backward"])("two who type at one place at once do not mix, %s", (way) => {
    const start = list.mutators.push(list.bottom(), alice, "<", ">");
    const typed = (replica: string, letters: readonly string[]) => {
      const state = list.join(start, list.bottom());
      for (const [index, letter] of letters.entries()) {
        const place = way === "forward" ? 1 + index : 1;
        list.apply(state, list.mutators.insert(state, replica, place, letter));
      }
      return state;
    };
    const joined = list.join(typed(alice, ["a", "b", "c"]), typed(bob, ["1", "2", "3"]));

    const text = list.value(joined).join("");

    expect(text).toMatch(way === "forward" ? /^<(?:abc123|123abc)>$/u : /^<(?:cba321|321cba)>$/u);
  });

  test("an emptied list, filled again, is where it was", () => {
    const state = list.mutators.push(list.bottom(), alice, 1, 2, 3);
    list.apply(state, list.mutators.delete(state, bob, 0, 3));
    list.apply(state, list.mutators.push(state, bob, 4));

    expect(list.value(state)).toEqual([4]);
  });
});

test("a type that everybody must know by its name is found by it", () => {
  const type = record({ tags: orMap(awSet), likes: pnCounter, title: lwwRegister });

  expect(type.name).toBe("record(likes:counter,tags:or-map(aw-set),title:lww-register)");
  expect(typeNamed(type.name)?.name).toBe(type.name);
  for (const name of [
    "",
    "or-map",
    "or-map()",
    "or-map(g-set)",
    "record(b:list,a:list)",
    "toString",
  ]) {
    expect(typeNamed(name)).toBeNull();
  }
  expect(typeNamed(`${"or-map(".repeat(40)}list${")".repeat(40)}`)).toBeNull();
  expect(typeNamed("or-map(or-map(list))")?.name).toBe("or-map(or-map(list))");
});
