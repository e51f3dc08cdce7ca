// One node of the cluster under measurement: node node-process.mjs NAME DIRECTORY NAME=URL,NAME=URL,…
import { createRegisters, startRaftNode } from "../../packages/relay/dist/consensus/index.js";

const [name, directory, members] = process.argv.slice(2);
const urlByName = new Map(members.split(",").map((member) => member.split("=")));
const { hostname, port } = new URL(urlByName.get(name));

const node = await startRaftNode({
  name,
  directory,
  host: hostname,
  port: Number(port),
  urlByName,
  token: "bench",
  state: createRegisters(),
  failed: (error) => {
    console.error(error);
    process.exit(1);
  },
});
process.on("disconnect", () => process.exit(0));
setInterval(() => {
  if (process.connected) process.send({ role: node.role, leader: node.leader });
}, 200);
