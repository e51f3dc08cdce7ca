/** What the two flags have in common: facts that say on or off. */
import { refuse } from "@syncline/clocks";
import { readFlag, writeFlag } from "./flag-encoding.ts";
import { coverAll, type Cursor, type Leaf, leaf, type Shape } from "./shape.ts";

type At = Cursor<boolean, Leaf<boolean>>;

/** The mutators of a flag. */
export interface FlagMutators {
  readonly enable: (at: At) => void;
  readonly disable: (at: At) => void;
}

/** The shape of a flag. */
export type FlagShape = Shape<boolean, Leaf<boolean>, boolean, FlagMutators>;

/** The shape of a flag of which concurrent facts are read like this. Only what wins needs a fact, where off is also what an untouched flag is. */
export const flagShape = (
  name: string,
  value: (said: Iterable<boolean>) => boolean,
  hasDisabling: boolean,
): FlagShape => ({
  ...leaf<boolean>(),
  name,
  isSame: Object.is,
  value: (node) => value(node.values()),
  write: (encoder, isOn) => writeFlag(encoder, isOn),
  read: (decoder) => {
    const isOn = readFlag(decoder);
    if (!isOn && !hasDisabling) refuse();
    return isOn;
  },
  mutators: {
    enable: (at) => {
      coverAll(at.node.keys(), at);
      at.put(true);
    },
    disable: (at) => {
      coverAll(at.node.keys(), at);
      if (hasDisabling) at.put(false);
    },
  },
});
