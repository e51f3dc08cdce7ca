/** What every part of a relay shares. */
import type { HomeConfig } from "@syncline/gossip";
import type { Logger } from "pino";
import type { CompactionGate } from "./compaction-gate.ts";
import type { RelayConfig } from "./config.ts";
import type { Directory } from "./directory.ts";
import type { Documents } from "./documents.ts";
import type { PageCache } from "./page-cache.ts";
import type { ValueChains } from "./value-chains.ts";

/** One relay's surroundings. */
export interface RelayContext {
  readonly config: RelayConfig;
  readonly directory: Directory;
  readonly documents: Documents;
  readonly chains: ValueChains;
  readonly pages: PageCache;
  readonly compactions: CompactionGate;
  readonly log: Logger;
  /** Resolves once the directory's incarnation is the one to use: at once, except while it gets a new one. */
  readonly ready: () => Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** The relays that are homes of a space. */
  readonly homesOf: (space: string) => readonly string[];
  /** This relay's place among a space's homes. */
  readonly homeConfigOf: (space: string) => HomeConfig;
}
