import { expect, test } from "vitest";
import * as Y from "yjs";
import { createRoomSubmits } from "./room-submits.ts";
import type { StockSession } from "./stock-session.ts";

/** Only told apart by the submits. */
const sessionOf = (serial: number): StockSession => ({ serial }) as StockSession;

const typed = (clientId: number, word: string): readonly Uint8Array[] => {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (const letter of word) doc.getText("body").insert(doc.getText("body").length, letter);
  return updates;
};

const textOf = (payload: Uint8Array): string => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, payload);
  return doc.getText("body").toString();
};

test("what an author sends in one turn is one batch, in order with other authors' batches", async () => {
  const passed: string[] = [];
  const submits = createRoomSubmits(({ serial }, payload) =>
    passed.push(`${serial} ${textOf(payload)}`),
  );
  const [ann, ben] = [sessionOf(1), sessionOf(2)];

  for (const update of typed(1, "one")) submits.add(ann, update);
  for (const update of typed(2, "two")) submits.add(ben, update);
  for (const update of typed(3, "three")) submits.add(ann, update);
  expect(passed).toEqual(["1 one", "2 two"]);
  await Promise.resolve();

  expect(passed).toEqual(["1 one", "2 two", "1 three"]);
});

test("a flush passes on what waits, once", async () => {
  const passed: string[] = [];
  const submits = createRoomSubmits((_author, payload) => passed.push(textOf(payload)));
  const ann = sessionOf(1);
  for (const update of typed(1, "now")) submits.add(ann, update);

  submits.flush();
  await Promise.resolve();

  expect(passed).toEqual(["now"]);
});
