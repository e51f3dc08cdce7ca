import fc from "fast-check";
import { expect, test } from "vitest";
import { browserCode, cutReason, isPermanent, serverCode } from "./close-codes.ts";

test("a reason is cut to what fits, at a character's end", () => {
  const reasons = fc.string({ unit: "grapheme", maxLength: 200 });
  fc.assert(
    fc.property(reasons, (reason) => {
      const cut = cutReason(reason);
      const cutBytes = new TextEncoder().encode(cut);

      expect(reason.startsWith(cut)).toBe(true);
      expect(cutBytes.length).toBeLessThanOrEqual(123);
      expect(new TextDecoder().decode(cutBytes)).toBe(cut);
      // What is missing did not fit: no character of UTF-8 has more than 4 bytes.
      expect(cut === reason || cutBytes.length > 119).toBe(true);
    }),
  );
});

test("codes that pages may not send travel 3000 higher", () => {
  expect([1000, 1003, 1013, 4400].map(browserCode)).toEqual([1000, 4003, 4013, 4400]);
});

test("a code that no program may send is a bug", () => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, Number.NaN]) {
    expect(() => serverCode(code)).toThrow("a close code");
    expect(() => browserCode(code)).toThrow("a close code");
  }
});

test("4400 to 4499 are permanent", () => {
  expect([4399, 4400, 4499, 4500].map(isPermanent)).toEqual([false, true, true, false]);
});
