// Bugs to plant at homes that rest.

const file = "packages/gossip/src/home/resting.ts";

/** In the form of `mutants.mjs`. */
export const restingMutants = [
  {
    name: "rests-before-its-disk-is-done",
    does: "a home rests while what it has admitted is on its way to the disk",
    changes: [
      {
        file,
        piece: `home.isOpen && !home.isRolledBack && covers(home.durable, home.accepted);`,
        instead: `home.isOpen && covers(home.accepted, home.durable);`,
      },
    ],
  },
  {
    name: "rests-while-an-edge-is-behind",
    does: "a home rests and takes an edge that was behind for one that has everything",
    changes: [{ file, piece: `if (!isEveryoneThere) return null;`, instead: `` }],
  },
  {
    name: "presence-forgotten-in-a-rest",
    does: "a home that has rested does not know any more what its edges' clients had shown",
    changes: [
      {
        file,
        piece: `presence: new Map(presences),`,
        instead: `presence: new Map(presences.slice(1)),`,
      },
    ],
  },
];
