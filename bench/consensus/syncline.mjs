// Three nodes of @syncline/relay/consensus as processes, and its clients.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  encodeRegisterCommand,
  openRaftClient,
} from "../../packages/relay/dist/consensus/index.js";

const program = fileURLToPath(new URL("./node-process.mjs", import.meta.url));

/** The version of the packages. */
export const version = () =>
  JSON.parse(readFileSync(new URL("../../packages/relay/package.json", import.meta.url), "utf8"))
    .version;

/** Starts the cluster and waits for a leader. */
export const start = async (directory, ports) => {
  const names = ["a", "b", "c"];
  const urlByName = new Map(names.map((name, index) => [name, `ws://127.0.0.1:${ports[index]}`]));
  const members = [...urlByName].map((member) => member.join("=")).join(",");
  const children = names.map((name) => {
    const execArgv = process.env["NODE_ARGS"]?.split(" ") ?? [];
    return fork(program, [name, join(directory, name), members], { execArgv });
  });
  await leaderOf(children);
  return {
    pids: children.map(({ pid }) => pid),
    connect: async () => {
      const client = await openRaftClient(urlByName);
      return {
        write: (key, value) =>
          client.call(encodeRegisterCommand({ kind: "write", key: String(key), value })),
        read: (key) => client.read(key),
        close: () => client.close(),
      };
    },
    stop: async () => {
      const ends = children.map((child) => once(child, "exit"));
      for (const child of children) {
        if (process.env["NODE_ARGS"] === undefined) child.kill("SIGKILL");
        else child.disconnect();
      }
      await Promise.all(ends);
    },
  };
};

const leaderOf = (children) =>
  new Promise((resolve) => {
    for (const child of children) {
      child.on("message", ({ role }) => {
        if (role === "leader") resolve();
      });
    }
  });
