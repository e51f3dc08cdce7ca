// What a page pays for each import, minified and compressed with brotli, everything imported included but peers.
// Each limit is about a tenth above what the import is.
const limits = [
  { name: "machine", limit: "2.1 kB" },
  { name: "clocks", limit: "2.3 kB" },
  { name: "gossip", limit: "17.5 kB" },
  { name: "quorum", limit: "900 B" },
  { name: "websocket", limit: "3.4 kB" },
  { name: "client", limit: "44 kB" },
];

export default limits.map(({ name, limit }) => ({
  name,
  limit,
  path: `packages/${name}/dist/index.js`,
}));
