/** The error that users meet. */
import { expect, test } from "vitest";
import { errorCodes, SyncError } from "./sync-error.ts";

test("an error has its code, its sentence and its cause", () => {
  const cause = new Error("ENOSPC");

  const error = new SyncError("STORAGE_FAILED", "the disk is full", { cause });

  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "SyncError",
    code: "STORAGE_FAILED",
    message: "the disk is full",
    cause,
  });
});

test("codes are in capitals, in order and once each", () => {
  expect(errorCodes.every((code) => /^[A-Z]+(?:_[A-Z]+)*$/u.test(code))).toBe(true);
  expect(errorCodes).toEqual([...new Set(errorCodes)].toSorted());
});
