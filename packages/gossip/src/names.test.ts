import { describe, expect, test } from "vitest";
import { checkName, NAME_BYTES_MAX, SEGMENT_BYTES_MAX, whyBadName } from "./names.ts";

describe("a good name", () => {
  test.each([
    "x",
    "acme/board-42",
    "my room",
    "ünïcode/日本/🎈",
    "../../etc/passwd".replaceAll("..", "dots"),
    "__proto__",
    "x".repeat(SEGMENT_BYTES_MAX),
    "🎈".repeat(SEGMENT_BYTES_MAX / 4),
    Array.from({ length: 9 }, () => "x".repeat(100)).join("/"),
  ])("%j", (name) => {
    expect(whyBadName(name)).toBeNull();
  });
});

describe("a bad name", () => {
  test.each([
    ["", "is empty"],
    ["/x", "has an empty segment"],
    ["x/", "has an empty segment"],
    ["x//y", "has an empty segment"],
    ["a\u0000b", "has a control character"],
    ["a\tb", "has a control character"],
    ["a\u007f", "has a control character"],
    ["a\u0085", "has a control character"],
    ["\ud83c", "has half of a surrogate pair"],
    ["x\udf88", "has half of a surrogate pair"],
    ["\udf88\ud83c", "has half of a surrogate pair"],
    ["x".repeat(SEGMENT_BYTES_MAX + 1), "has a segment longer than 128 bytes"],
    [`${"🎈".repeat(SEGMENT_BYTES_MAX / 4)}x`, "has a segment longer than 128 bytes"],
    [
      Array.from({ length: 12 }, () => "x".repeat(100)).join("/"),
      `is longer than ${NAME_BYTES_MAX} bytes`,
    ],
  ])("%j %s", (name, why) => {
    expect(whyBadName(name)).toBe(why);
  });

  test("is a SyncError with code BAD_NAME that says of what", () => {
    expect(() => checkName("document", "")).toThrowError(
      expect.objectContaining({ code: "BAD_NAME", message: 'the name of a document is empty: ""' }),
    );
  });
});
