// Hocuspocus as its guide sets it up: in memory, or with `--sqlite FILE` with its SQLite extension.
import { Server } from "@hocuspocus/server";

const fileIndex = process.argv.indexOf("--sqlite");
const extensions = [];
if (fileIndex > 0) {
  const { SQLite } = await import("@hocuspocus/extension-sqlite");
  extensions.push(new SQLite({ database: process.argv[fileIndex + 1] }));
}

const server = new Server({ port: 0, address: "127.0.0.1", quiet: true, extensions });
await server.listen();
process.stdout.write(`ready ws://127.0.0.1:${server.address.port}\n`);
