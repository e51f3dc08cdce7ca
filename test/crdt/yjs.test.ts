/** Yjs documents as a type: the laws that hold for it. */
import { yjsDocument as type } from "@syncline/crdt/yjs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector, mergeUpdates } from "yjs";

interface Step {
  readonly kind: "insert" | "delete" | "set" | "hear";
  readonly at: number;
  readonly from: number;
  readonly index: number;
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom<Step["kind"][]>("insert", "insert", "delete", "set", "hear"),
    at: fc.nat(2),
    from: fc.nat(2),
    index: fc.nat(5),
  }),
  { maxLength: 20 },
);

const play = (history: readonly Step[]): readonly [Doc, Doc, Doc] => {
  const documents = [1, 2, 3].map((client) => {
    const document = new Doc();
    document.clientID = client;
    return document;
  });
  for (const { kind, at, from, index } of history) {
    const document = documents[at]!;
    const text = document.getText("t");
    if (kind === "insert") text.insert(index % (text.length + 1), "ab");
    else if (kind === "delete" && text.length > 0) text.delete(index % text.length, 1);
    else if (kind === "set") document.getMap("m").set("k", index);
    else if (kind === "hear") applyUpdate(document, encodeStateAsUpdate(documents[from]!));
  }
  return documents as unknown as readonly [Doc, Doc, Doc];
};

const shown = (document: Doc): unknown => [
  document.getText("t").toString(),
  document.getMap("m").toJSON(),
];
const isSame = (left: Doc, right: Doc): boolean => type.leq(left, right) && type.leq(right, left);

const check = (law: (documents: readonly [Doc, Doc, Doc]) => void): void => {
  fc.assert(
    fc.property(steps, (history) => law(play(history))),
    { numRuns: 100 },
  );
};

describe("a Yjs document", () => {
  test("joins in any grouping, order and number", () => {
    check(([a, b, c]) => {
      const joined = type.join(type.join(a, b), c);

      expect(isSame(joined, type.join(a, type.join(b, c)))).toBe(true);
      expect(shown(joined)).toEqual(shown(type.join(c, type.join(b, a))));
      expect(isSame(type.join(a, a), a)).toBe(true);
      expect(isSame(type.join(a, type.bottom()), a)).toBe(true);
    });
  });

  test("is below another exactly if joining adds nothing, deletions included", () => {
    check(([a, b]) => {
      expect(type.leq(a, type.join(a, b))).toBe(true);
      expect(type.leq(a, b)).toBe(isSame(type.join(a, b), b));
      expect(isSame(type.decode(type.encode(a))!, a)).toBe(true);
    });
  });

  test("gives a delta that brings another up to it, and none if there is nothing new", () => {
    check(([a, b]) => {
      const joined = type.join(a, b);
      const moved = type.join(b, type.bottom());

      const isChanged = type.apply(moved, type.delta(a, b));

      expect(isSame(moved, joined)).toBe(true);
      expect(shown(moved)).toEqual(shown(joined));
      expect(isChanged).toBe(!isSame(b, joined));
      expect(type.isBottom(type.delta(a, joined))).toBe(true);
    });
  });

  test("notices a deletion, which does not move the state vector", () => {
    const before = new Doc();
    before.getText("t").insert(0, "abc");
    const after = type.join(before, type.bottom());
    after.getText("t").delete(0, 2);

    expect(encodeStateVector(after)).toEqual(encodeStateVector(before));
    expect(type.leq(after, before)).toBe(false);
    expect(type.isBottom(type.delta(after, before))).toBe(false);
  });

  test("carries on what it cannot show yet", () => {
    const author = new Doc();
    const updates: Uint8Array[] = [];
    author.on("update", (update: Uint8Array) => updates.push(update));
    author.getText("t").insert(0, "a");
    author.getText("t").insert(1, "b");

    const early = type.decode(updates[1]!)!;

    expect(early.getText("t").toString()).toBe("");
    expect(type.apply(early, type.decode(updates[0]!)!)).toBe(true);
    expect(early.getText("t").toString()).toBe("ab");
  });

  test("is smaller after compaction than the updates one by one", () => {
    const author = new Doc();
    const updates: Uint8Array[] = [];
    author.on("update", (update: Uint8Array) => updates.push(update));
    for (let index = 0; index < 100; index += 1) author.getText("t").insert(index, "x");
    author.getText("t").delete(0, 90);

    const compacted = type.encode(type.decode(mergeUpdates(updates))!);

    expect(compacted.length).toBeLessThan(50);
    expect(type.decode(compacted)!.getText("t").toString()).toBe("x".repeat(10));
  });

  test("bytes that are none are null", () => {
    expect(type.decode(new Uint8Array([1, 2, 3]))).toBeNull();
  });
});
