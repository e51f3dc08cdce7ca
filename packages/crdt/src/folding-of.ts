/** Which folding a type has. Apart from the types, so that who retires nobody does not pay for it. */
import type { Crdt } from "./crdt.ts";
import { dotFolding } from "./dot-folding.ts";
import type { Folding } from "./folding.ts";
import { rightsFolding } from "./rights-folding.ts";
import { totalsFolding } from "./totals-folding.ts";

/** The folding of a type, by what it says of itself. */
export const foldingOf = <State>(type: Crdt<State, unknown, object>): Folding<State> => {
  switch (type.folding) {
    case "totals":
      return totalsFolding as unknown as Folding<State>;
    case "rights":
      return rightsFolding as unknown as Folding<State>;
    case "dots":
      return dotFolding() as unknown as Folding<State>;
    case "none":
      return withoutFolding(type);
  }
};

/** Where entries belong to no replica there is nothing to fold, and unsent changes are as good as before. */
const withoutFolding = <State>(type: Crdt<State, unknown, object>): Folding<State> => {
  const copyOf = (state: State): State => type.join(state, type.bottom());
  return {
    replicasIn: () => new Set(),
    partOf: () => type.bottom(),
    startFold: (_state, retired) => ({ retired, fence: type.bottom(), folded: type.bottom() }),
    fold: copyOf,
    respell: copyOf,
  };
};
