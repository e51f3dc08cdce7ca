import { SyncError } from "@syncline/machine";
import { expect, test } from "vitest";
import { createDocuments } from "../documents.ts";
import { createDocumentPauses } from "./document-pauses.ts";

const createWorld = (code: "TIMEOUT" | "BUSY") => {
  const clock = { nowMs: 0 };
  const asked: string[] = [];
  const pauses = createDocumentPauses({
    pauseMs: 60_000,
    now: () => clock.nowMs,
    documents: {
      ...createDocuments({ worker: null }),
      answer: async () => {
        asked.push("answer");
        throw new SyncError(code, "not now");
      },
    },
  });
  const fails = async (space: string): Promise<void> => {
    await expect(pauses.documentsFor(space).answer([], null)).rejects.toMatchObject({ code });
  };
  return { clock, asked, fails };
};

test("a document that took too long is left alone for a minute, whoever asks", async () => {
  const { clock, asked, fails } = createWorld("TIMEOUT");

  for (let index = 0; index < 5; index += 1) await fails("heavy");
  expect(asked.length).toBe(1);
  clock.nowMs = 60_000;
  await fails("heavy");

  expect(asked.length).toBe(2);
});

test("others can be opened meanwhile", async () => {
  const { asked, fails } = createWorld("TIMEOUT");

  await fails("heavy");
  await fails("other");

  expect(asked.length).toBe(2);
});

test("a document that failed for another reason is asked for again", async () => {
  const { asked, fails } = createWorld("BUSY");

  await fails("notes");
  await fails("notes");

  expect(asked.length).toBe(2);
});
