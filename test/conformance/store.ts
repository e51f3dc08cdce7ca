/** What a caller may rely on in any store: one suite for every adapter, a claim of the port's docstrings in every test. */
import type { Store } from "@syncline/storage";
import { describe } from "vitest";
import { describeClose, describeFailure, describeReopening } from "./store-life.ts";
import { describeBytes, describeRange, describeRows } from "./store-reads.ts";
import type { StoreAdapter } from "./store-site.ts";
import { describeTwin } from "./store-twin.ts";
import { describeLimits, describeWrites } from "./store-writes.ts";

/** Describes an adapter. */
export const describeStore = (name: string, adapter: StoreAdapter): void => {
  const withStore = async (use: (store: Store) => Promise<void>): Promise<void> => {
    const site = await adapter.makeSite();
    const store = await site.open();
    try {
      await use(store);
    } finally {
      await store.close();
      await site.remove();
    }
  };

  describe(`${name}`, () => {
    describeRows(withStore);
    describeRange(withStore);
    describeBytes(withStore);
    describeLimits(withStore);
    describeWrites(withStore);
    describeClose(adapter, withStore);
    describeTwin(withStore);
    if (adapter.isDurable) describeReopening(adapter);
    if (adapter.makeSmallSite !== undefined) describeFailure(adapter.makeSmallSite);
  });
};
