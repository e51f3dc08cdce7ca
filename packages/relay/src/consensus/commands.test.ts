import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commandsIn, groupsOf, joinCommands, JOINED_BYTES_MAX } from "./commands.ts";

const data = fc.uint8Array({ maxLength: 40 });
const command = fc.record({ data, isAlone: fc.boolean() });

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("commands of one entry", () => {
  test("come out as they went in", () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1 }), (commands) => {
        const found = commandsIn(joinCommands(commands)).map(textOf);
        expect(found).toEqual(commands.map((one) => textOf(one.data)));
      }),
    );
  });

  test("are none where the bytes are not ours", () => {
    expect(commandsIn(Uint8Array.of(5, 1, 2))).toEqual([]);
  });

  test("keep their order over the entries, and one that must be alone is", () => {
    fc.assert(
      fc.property(fc.array(command), (commands) => {
        const groups = groupsOf(commands);
        expect(groups.flat()).toEqual(commands);
        for (const group of groups) {
          expect(group.length === 1 || group.every(({ isAlone }) => !isAlone)).toBe(true);
        }
      }),
    );
  });

  test("are no more than fit, except one that is longer by itself", () => {
    const half = { data: new Uint8Array(JOINED_BYTES_MAX / 2), isAlone: false };
    const huge = { data: new Uint8Array(JOINED_BYTES_MAX * 2), isAlone: false };

    const counts = groupsOf([half, half, half, huge, half]).map((group) => group.length);

    expect(counts).toEqual([2, 1, 1, 1]);
  });
});
