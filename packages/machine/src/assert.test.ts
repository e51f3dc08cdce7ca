/** A false claim stops, with a sentence that says which. */
import { describe, expect, test } from "vitest";
import { assert, AssertionError, unreachable } from "./assert.ts";

describe("assert", () => {
  test("lets a true claim pass", () => {
    expect(() => assert(true, "an entry leaves a gap")).not.toThrow();
  });

  test("throws at a false one, with its message", () => {
    expect(() => assert(false, "an entry leaves a gap")).toThrow(
      new AssertionError("an entry leaves a gap"),
    );
  });

  test("throws an error that is told apart from others", () => {
    const error = new AssertionError("an entry leaves a gap");

    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("AssertionError");
  });
});

describe("unreachable", () => {
  const cyclic: { kind: string; self?: unknown } = { kind: "vote" };
  cyclic.self = cyclic;

  test.each([
    ["its kind", { kind: "vote", payload: new Uint8Array(1000) }, "a case that cannot be: vote"],
    ["its kind, though it has a cycle", cyclic, "a case that cannot be: vote"],
    ["itself, if it is a word", "leader", "a case that cannot be: leader"],
    ["itself, if it is a large number", 2n ** 70n, `a case that cannot be: ${2n ** 70n}`],
    ["null", null, "a case that cannot be: null"],
  ])("tells of a value %s", (_name, value, message) => {
    expect(() => unreachable(value as never)).toThrow(new AssertionError(message));
  });
});
