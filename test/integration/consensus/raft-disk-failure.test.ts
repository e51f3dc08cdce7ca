/** A flush that fails once stops its node, which never tries again; the others go on, and the node comes back with what its disk holds. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { encodeRegisterCommand, openRaftClient } from "@syncline/relay/consensus";
import { afterEach, expect, test } from "vitest";
import { type RaftCluster, startRaftCluster } from "./raft-cluster.ts";
import { valueOf } from "./raft-clients.ts";

const canTrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
if (!canTrace) console.log("skipped: a failing flush, since strace cannot trace here");

let cluster: RaftCluster | null = null;

afterEach(() => cluster?.close());

test.skipIf(!canTrace)("a flush that fails once stops the node", async () => {
  cluster = await startRaftCluster();
  const client = await openRaftClient(cluster.urlByName, 30_000);
  const write = (number: number): Promise<Uint8Array> => {
    const value = Buffer.from(String(number));
    return client.call(encodeRegisterCommand({ kind: "write", key: `k/${number}`, value }), 20_000);
  };
  for (let number = 0; number < 20; number += 1) await write(number);
  const leader = await cluster.leader();
  const inject = "inject=pwrite64,fdatasync,fsync:error=EIO:when=1";
  const tracer = spawn("strace", [
    "-f",
    "-qq",
    "-o",
    "/dev/null",
    "-p",
    String(leader.child?.pid),
    "-e",
    "trace=pwrite64,fdatasync,fsync",
    "-e",
    inject,
  ]);
  const exited = once(leader.child!, "exit") as Promise<[number | null]>;
  let number = 20;
  while (leader.child?.exitCode === null) {
    await write(number);
    number += 1;
  }
  const [code] = await exited;
  tracer.kill();
  for (let left = 10; left > 0; left -= 1) {
    await write(number);
    number += 1;
  }

  expect(code).toBe(1);
  expect(leader.said).toContain("STORAGE_FAILED");
  leader.start();
  for (let key = 0; key < number; key += 1) {
    expect(await valueOf(client, `k/${key}`)).toBe(String(key));
  }
  client.close();
});
