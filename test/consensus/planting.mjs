// How a bug to plant is written down: its name, what it does, and which pieces of which sources give way to which others. See test/simulation/mutants.mjs.

/** A source of @syncline/consensus: called with a piece of it and what stands in its place, it gives a change. */
export const source = (path) => changesOf(`packages/consensus/src/${path}`);

/** The same for a file by its path in the repository. */
export const changesOf =
  (file) =>
  (piece, instead = "") => ({ file, piece, instead });

/** A bug. */
export const bug = (name, does, ...changes) => ({ name, does, changes });
