/** What an adapter gives to the suite. */
import type { Store } from "@syncline/storage";

/** A place where stores are opened one after the other. */
export interface StoreSite {
  /** Opens the store of this place. The one before must be closed. */
  open(): Promise<Store>;
  /** Removes what the stores left here. */
  remove(): Promise<void>;
}

/** An adapter, as the suite needs to know it. */
export interface StoreAdapter {
  /** A new, empty place. */
  makeSite(): Promise<StoreSite>;
  /** Whether a store opened again has what was written before. */
  readonly isDurable: boolean;
  /** A place with room for a few small rows and none for `VALUE_BYTES_MAX`. Left out where none can be had. */
  readonly makeSmallSite?: () => Promise<StoreSite>;
}
