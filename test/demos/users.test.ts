import { describe, expect, test } from "vitest";
import { initialsOf, readUser } from "../../demos/editor/users.ts";

describe("what somebody claims to be", () => {
  test.each([
    ["#0b7285", "#0b7285"],
    ["red", "#495057"],
    ["#fff; position: fixed; inset: 0", "#495057"],
    ["url(http://evil.example)", "#495057"],
    [7, "#495057"],
    [undefined, "#495057"],
  ])("has a colour that is only a colour: %j", (claimed, color) => {
    expect(readUser({ name: "Ada", color: claimed }).color).toBe(color);
  });

  test.each([
    ["Ada", "Ada"],
    ["  Ada \n  Lovelace ", "Ada Lovelace"],
    ["", "Somebody"],
    [7, "Somebody"],
    ["x".repeat(1000), "x".repeat(24)],
  ])("has a name that can be shown: %j", (claimed, name) => {
    expect(readUser({ name: claimed }).name).toBe(name);
  });

  test.each([null, undefined, 1, "user", []])("may be nothing at all: %j", (claimed) => {
    expect(readUser(claimed).name).toBe("Somebody");
  });
});

test.each([
  ["Wren", "Wr"],
  ["Ada King Lovelace", "AL"],
  ["Ö", "Ö"],
  ["👩‍🚀 Ada", "👩‍🚀A"],
])("%s is %s for short", (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
