// What a page pays for each import, minified and compressed, everything imported included but peers.
// With brotli; each limit is about a tenth above what the import is.
const limits = [
  { name: "machine", limit: "2.1 kB" },
  { name: "clocks", limit: "4.1 kB" },
  { name: "gossip", limit: "17.5 kB" },
  { name: "quorum", limit: "1020 B" },
  { name: "websocket", limit: "3.4 kB" },
  { name: "client", limit: "50 kB" },
];

// With gzip, as the types are compared with others' by it: the whole at most 15 kB, and 4 kB for a type alone where that is reached. It is not where
// a type needs plain values of every kind, or those and dots: half of what such a page gets is the codec of values and the causal context.
const types = {
  awSet: "6.1 kB",
  boundedCounter: "4 kB",
  dwFlag: "4 kB",
  ewFlag: "4 kB",
  gCounter: "4 kB",
  gSet: "4 kB",
  list: "7.3 kB",
  lwwMap: "4.5 kB",
  lwwRegister: "4.8 kB",
  maxRegister: "4 kB",
  minRegister: "4 kB",
  mvRegister: "6.1 kB",
  orMap: "5.4 kB",
  pnCounter: "4 kB",
  record: "4.9 kB",
  resettableCounter: "4 kB",
  rwSet: "6.2 kB",
  twoPhaseSet: "4 kB",
};
const crdt = "packages/crdt/dist/index.js";

export default [
  ...limits.map(({ name, limit }) => ({
    name,
    limit,
    path: `packages/${name}/dist/index.js`,
  })),
  { name: "crdt", limit: "15 kB", path: crdt, gzip: true },
  ...Object.entries(types).map(([type, limit]) => ({
    name: `crdt: ${type}`,
    limit,
    path: crdt,
    import: `{ ${type} }`,
    gzip: true,
  })),
  { name: "consensus/raft", limit: "1 kB", path: "packages/consensus/dist/raft/index.js" },
  {
    name: "crdt/yjs",
    limit: "4 kB",
    path: "packages/crdt/dist/yjs.js",
    ignore: ["yjs"],
    gzip: true,
  },
];
