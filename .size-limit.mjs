// What a page pays for each import, minified and compressed, everything imported included but peers.
// With brotli; each limit is about a tenth above what the import is.
const limits = [
  { name: "machine", limit: "2.1 kB" },
  { name: "clocks", limit: "3.2 kB" },
  { name: "gossip", limit: "19 kB" },
  { name: "quorum", limit: "1020 B" },
  { name: "websocket", limit: "3.4 kB" },
  { name: "client", limit: "51.5 kB" },
];

// With gzip, as the types are compared with others' by it: the whole at most 15 kB, each type alone 4 kB. The list is beyond that: its places and their
// bytes are 1.4 kB more than what it shares with the sets (see the package's README).
const types = [
  "awSet",
  "boundedCounter",
  "dwFlag",
  "ewFlag",
  "gCounter",
  "gSet",
  "lwwMap",
  "lwwRegister",
  "maxRegister",
  "minRegister",
  "mvRegister",
  "orMap",
  "pnCounter",
  "record",
  "resettableCounter",
  "rwSet",
  "twoPhaseSet",
].map((type) => ({ type, limit: "4 kB" }));
const crdt = "packages/crdt/dist/index.js";

export default [
  ...limits.map(({ name, limit }) => ({
    name,
    limit,
    path: `packages/${name}/dist/index.js`,
  })),
  { name: "crdt", limit: "15 kB", path: crdt, gzip: true },
  ...[...types, { type: "list", limit: "5.1 kB" }].map(({ type, limit }) => ({
    name: `crdt: ${type}`,
    limit,
    path: crdt,
    import: `{ ${type} }`,
    gzip: true,
  })),
  { name: "consensus/paxos", limit: "3 kB", path: "packages/consensus/dist/paxos/index.js" },
  { name: "consensus/caspaxos", limit: "9 kB", path: "packages/consensus/dist/caspaxos/index.js" },
  { name: "consensus/raft", limit: "13.5 kB", path: "packages/consensus/dist/raft/index.js" },
  {
    name: "crdt/yjs",
    limit: "4 kB",
    path: "packages/crdt/dist/yjs.js",
    ignore: ["yjs"],
    gzip: true,
  },
];
