import { expect, test, vi } from "vitest";
import { atEnd, client, cluster, until } from "../../../test/client/world.ts";

/** A page for the time of a test: what this package sees of one are its events. */
const openPage = (): EventTarget => {
  const page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"] as const) {
    vi.stubGlobal(name, page[name].bind(page));
  }
  atEnd(() => vi.unstubAllGlobals());
  return page;
};

test("a page that is put aside sends what it has, is gone, and is back when it is shown", async () => {
  const { urls } = await cluster();
  const page = openPage();
  const [left, right] = [
    client(urls, { batchDelayMs: 60_000 }).space("s"),
    client(urls).space("s"),
  ];
  const [doc, shown] = [await left.doc(), await right.doc()];
  left.presence.setLocalStateField("name", "Ann");
  await Promise.all([left.whenSynced(), right.whenSynced()]);
  const isSeen = (): boolean => right.presence.getStates().has(left.presence.clientID);

  page.dispatchEvent(new Event("pageshow"));
  doc.getText().insert(0, "last");
  page.dispatchEvent(new Event("pagehide"));
  await until(shown, "update", () => shown.getText().length === 4);
  await until(right.presence, "update", () => !isSeen());
  expect(left.presence.getLocalState()).toBeNull();

  page.dispatchEvent(new Event("pageshow"));
  expect(left.presence.getLocalState()).toEqual({ name: "Ann" });
  await left.settled("local");
  await until(right.presence, "update", isSeen);
});
