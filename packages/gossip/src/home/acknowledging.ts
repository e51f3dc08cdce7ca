/** Telling an edge how far its batches have come here, where its stream does not. */
import type { HomeState, Session } from "./home-state.ts";

/** Tells an edge up to which number its batches are known and where the last of them stands, once that is on disk. */
export const tellAdmitted = (home: HomeState, session: Session): void => {
  const known = home.edges.get(session.edge);
  if (known === undefined) return;
  const { number, dot } = known;
  home.effects.push({
    kind: "persist",
    records: [],
    then: [{ kind: "send", to: session.peer, message: { kind: "admitted", number, dot } }],
  });
};
