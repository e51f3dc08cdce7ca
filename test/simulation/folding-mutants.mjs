// Bugs to plant where homes bring folds in order.

/** In the form of `mutants.mjs`. */
export const foldingMutants = [
  {
    name: "proposes-before-it-has-met-all",
    does: "a home proposes folds before others could say what it had proposed on a disk that it lost",
    changes: [
      {
        file: "packages/gossip/src/home/fencing-leader.ts",
        piece: `if (home.metHomes.size < home.peers.size) return [];`,
        instead: ``,
      },
    ],
  },
  {
    name: "lost-disk-answered-from-before-the-flush",
    does: "a home that lost its disk is told what another has on its own, while more of the lost log is on its way there",
    changes: [
      {
        file: "packages/gossip/src/home/replication.ts",
        piece: `if (covers(home.durable, peer.answerAfter)) return`,
        instead: `if (covers(home.accepted, peer.answerAfter)) return`,
      },
    ],
  },
];
