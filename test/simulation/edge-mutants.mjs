// Bugs to plant at edges: in their machine, in the arithmetic of levels that their clients do, and in presence.

const gossip = "packages/gossip/src/";

/** In the form of `mutants.mjs`. */
export const edgeMutants = [
  {
    name: "edge-sends-what-is-not-stored",
    does: "an edge sends a batch before it is in the device's store",
    changes: [
      {
        file: `${gossip}edge/holding.ts`,
        piece: `for (let number = edge.sentNumber + 1; number <= edge.levels.local; number += 1) {`,
        instead: `for (let number = edge.sentNumber + 1; number <= edge.lastNumber; number += 1) {`,
      },
    ],
  },
  {
    name: "edge-carries-nothing",
    does: "an edge does not take others' batches to the next home",
    changes: [
      {
        file: `${gossip}edge/holding.ts`,
        piece: `sending.carry(held, held.dot);`,
        instead: ``,
      },
    ],
  },
  {
    name: "edge-sends-once",
    does: "an edge believes that the next home has whatever it sent to the one before",
    changes: [
      {
        file: `${gossip}edge.ts`,
        piece: `edge.sentNumber = admitted?.number ?? 0;`,
        instead: `edge.sentNumber = Math.max(edge.sentNumber, admitted?.number ?? 0);`,
      },
    ],
  },
  {
    name: "edge-keeps-claiming-what-its-home-lacks",
    does: "after a switch of homes an edge's vector still covers what the new home lacks",
    changes: [
      {
        file: `${gossip}edge.ts`,
        piece: `edge.vector = meet(edge.vector, vector);`,
        instead: `edge.vector = meet(edge.vector, edge.vector);`,
      },
    ],
  },
  {
    name: "edge-forgets-at-a-wiped-home",
    does: "an edge does not notice that a home lost its own settled batches",
    changes: [
      {
        file: `${gossip}edge.ts`,
        piece: `!covers(vector, edge.settledPlaces) ||`,
        instead: ``,
      },
    ],
  },
  {
    name: "presence-outlives-its-session",
    does: "a home does not tell anybody that a client is gone whose connection has ended",
    changes: [
      {
        file: `${gossip}home.ts`,
        piece: `  home.sessions.delete(name);
  forgetEdgePresences(home, session);`,
        instead: `  home.sessions.delete(name);
  session.presence.clear();
  void forgetEdgePresences;`,
      },
    ],
  },
  {
    name: "farewell-kept-from-a-slow-reader",
    does: "an edge that does not keep up never hears which clients have gone meanwhile",
    changes: [
      {
        file: `${gossip}home/presence.ts`,
        piece: `if (session.isCongested && presence.bytes.length > 0) continue;`,
        instead: `if (session.isCongested) continue;`,
      },
    ],
  },
  {
    name: "presence-outlives-its-link",
    does: "what waits for the disk is passed on although the link to its home has ended meanwhile",
    changes: [
      {
        file: `${gossip}home.ts`,
        piece: `if (linkOf(home, request.from) !== request.link) return;`,
        instead: `if (linkOf(home, request.from) < 0) return;`,
      },
    ],
  },
  {
    name: "presence-kept-from-a-new-link",
    does: "another home whose link comes up, or takes bytes again, is not told who is here",
    changes: [
      {
        file: `${gossip}home/presence.ts`,
        piece: `    : home.sessions.values();
  for`,
        instead: `    : [];
  for`,
      },
    ],
  },
  {
    name: "presence-kept-from-a-drained-reader",
    does: "an edge that takes bytes again is not told what others have shown meanwhile",
    changes: [
      {
        file: `${gossip}home.ts`,
        piece: `  sendPresences(home, name);
};`,
        instead: `};
void sendPresences;`,
      },
    ],
  },
  {
    name: "farewell-kept-from-a-slow-home",
    does: "another home that does not keep up never hears which clients have gone meanwhile",
    changes: [
      {
        file: `${gossip}home/presence.ts`,
        piece: `    send(home, peer.home, { kind: "presence", key, bytes: gone });`,
        instead: `    if (!peer.isCongested) send(home, peer.home, { kind: "presence", key, bytes: gone });`,
      },
    ],
  },
  {
    name: "farewell-of-one-of-two",
    does: "a client that one home knows to be gone is told as gone although another home has it",
    changes: [
      {
        file: `${gossip}home/presence.ts`,
        piece: `[...home.peers.values()].some((peer) => peer.presence.has(key))`,
        instead: `home.peers.size < 0`,
      },
    ],
  },
  {
    name: "presence-put-off-again",
    does: "a home lets presence wait once more if something else is on its way to the disk by then",
    changes: [
      {
        file: `${gossip}home.ts`,
        piece: `return takePresence(home, request.from, request.presence);`,
        instead: `return whenReceived(home, request.from, request.presence);`,
      },
      {
        file: `${gossip}home.ts`,
        piece: `home.postponedCount > 0 || !covers(home.durable, home.accepted);`,
        instead: `!covers(home.durable, home.accepted);`,
      },
    ],
  },
  {
    name: "edge-puts-presence-off-again",
    does: "an edge lets presence wait once more if another edit is on its way to the device's store by then",
    changes: [
      {
        file: `${gossip}edge.ts`,
        piece: `      edge.postponedCount -= 1;`,
        instead: `      edge.postponedCount -= 1;
      if (edge.levels.local < edge.lastNumber) return postpone(edge, request.key, request.bytes);`,
      },
    ],
  },
  {
    name: "presence-is-stored",
    does: "an edge makes a batch of what its client shows of itself",
    changes: [
      {
        file: `${gossip}edge.ts`,
        piece: `  if (bytes.length === 0) edge.presence.delete(key);`,
        instead: `  if (bytes.length > 0) whenEdited(edge, { document: "x", type: "set", payload: bytes });
  if (bytes.length === 0) edge.presence.delete(key);`,
      },
    ],
  },
  {
    name: "quorum-of-one-less",
    does: "a batch is called settled on one disk less than it takes",
    changes: [
      {
        file: "packages/quorum/src/copies.ts",
        piece: `return highestFirst[count - 1] ?? 0;`,
        instead: `return highestFirst[Math.max(0, count - 2)] ?? 0;`,
      },
    ],
  },
  {
    name: "copies-survive-a-wipe-at-the-edge",
    does: "an edge goes on counting what a wiped home had",
    changes: [
      {
        file: "packages/quorum/src/copies.ts",
        piece: `if (isWhole) {
        diskByHome.set(home, { incarnation, vector: new Map(vector) });`,
        instead: `if (isWhole) {
        const before = known?.vector ?? vector;
        diskByHome.set(home, { incarnation, vector: new Map([...before, ...vector]) });`,
      },
    ],
  },
  {
    name: "answer-of-settled-not-renewed",
    does: "what was settled is not looked at anew after a home said everything again",
    changes: [
      {
        file: "packages/quorum/src/copies.ts",
        piece: `        answers.clear();`,
        instead: ``,
      },
    ],
  },
];
