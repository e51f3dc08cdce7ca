/**
 * Nodes that come back with less than they had: an empty directory, a log with a bad record in the middle, a disk that ran full. None of them votes or acknowledges before
 * it has what it may have promised to keep, and nothing that was acknowledged is lost.
 */
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeRegisterCommand, openRaftClient, type RaftClient } from "@syncline/relay/consensus";
import { afterEach, expect, test } from "vitest";
import { until } from "../until.ts";
import { canMountSmallDisk, mountSmallDisk } from "../../fixtures/small-disk.ts";
import { type RaftCluster, type RaftProcess, startRaftCluster } from "./raft-cluster.ts";
import { valueOf } from "./raft-clients.ts";

const BLOCK_BYTES = 4096;
/** Each batch of the log begins with it. */
const BATCH_MAGIC = 0x474c_5253;

let cluster: RaftCluster | null = null;

afterEach(() => cluster?.close());

const write = (client: RaftClient, number: number, timeoutMs = 30_000): Promise<Uint8Array> => {
  const value = Buffer.from(String(number));
  const command = encodeRegisterCommand({ kind: "write", key: `k/${number}`, value });
  return client.call(command, timeoutMs);
};

const writeAll = async (client: RaftClient, from: number, to: number): Promise<void> => {
  for (let number = from; number < to; number += 1) await write(client, number);
};

const missing = async (client: RaftClient, to: number): Promise<readonly number[]> => {
  const lost: number[] = [];
  for (let number = 0; number < to; number += 1) {
    if ((await valueOf(client, `k/${number}`)) !== String(number)) lost.push(number);
  }
  return lost;
};

/** Of those that do not lead: one that will come to harm, and one that stays whole. */
const parted = async (among: RaftCluster): Promise<{ harmed: RaftProcess; other: RaftProcess }> => {
  const leader = await among.leader();
  const [harmed, other] = among.nodes.filter((node) => node !== leader);
  return { harmed: harmed!, other: other! };
};

test("a node whose directory was lost counts for nothing until it has replaced its predecessor", async () => {
  cluster = await startRaftCluster();
  const client = await openRaftClient(cluster.urlByName, 30_000);
  await writeAll(client, 0, 20);
  const { harmed, other } = await parted(cluster);
  await harmed.kill();
  rmSync(harmed.directory, { recursive: true });
  harmed.start();
  await writeAll(client, 20, 25);

  await other.kill();
  await expect(write(client, 1000, 3000)).rejects.toMatchObject({ code: "TIMEOUT" });

  other.start();
  await writeAll(client, 25, 30);
  expect(await (await cluster.leader()).replace(harmed.name)).toBe("changed");
  // The newcomer may be leading by then: one of the two others goes.
  const [gone] = cluster.nodes.filter((node) => node !== harmed && !node.isLeader);
  await gone!.kill();
  await writeAll(client, 30, 35);
  expect(await missing(client, 35)).toEqual([]);
  client.close();
});

/** Turns a bit in a batch in the middle of the log. In the last one it could not be told from a batch that was never finished. */
const spoil = (directory: string): void => {
  const name = readdirSync(directory).findLast((one) => /^log-[0-9a-f-]+$/u.test(one))!;
  const file = readFileSync(join(directory, name));
  const blocks = Array.from({ length: file.length / BLOCK_BYTES }, (_, block) => block);
  const begins = blocks.filter((block) => file.readUInt32LE(block * BLOCK_BYTES) === BATCH_MAGIC);
  expect(begins.length).toBeGreaterThan(2);
  const middle = begins[Math.floor(begins.length / 2)]!;
  file[middle * BLOCK_BYTES + 80]! ^= 1;
  writeFileSync(join(directory, name), file);
};

test("a node with a bad record in the middle of its log counts for nothing until it has it again", async () => {
  cluster = await startRaftCluster();
  const client = await openRaftClient(cluster.urlByName, 30_000);
  await writeAll(client, 0, 30);
  const { harmed, other } = await parted(cluster);
  await harmed.kill();
  await other.kill();
  spoil(harmed.directory);
  // A leader of before would give it back what it has lost, and that may count: it has all that was ever committed.
  await until(() => !cluster!.nodes.some(({ isLeader }) => isLeader));

  harmed.start();
  await expect(write(client, 1000, 3000)).rejects.toMatchObject({ code: "TIMEOUT" });

  other.start();
  await writeAll(client, 30, 35);
  const [gone] = cluster.nodes.filter((node) => node !== harmed && !node.isLeader);
  await gone!.kill();
  await writeAll(client, 35, 40);
  expect(await missing(client, 40)).toEqual([]);
  expect(harmed.said).toBe("");
  client.close();
});

const canMount = canMountSmallDisk("a node whose disk runs full");
test.runIf(canMount)(
  "a node whose disk is full ends, and comes back when there is room",
  async () => {
    const disk = mountSmallDisk("3m");
    try {
      const small = join(disk.folder, "data");
      cluster = await startRaftCluster(new Map([["b", small]]));
      const client = await openRaftClient(cluster.urlByName, 30_000);
      const node = cluster.nodes.find(({ name }) => name === "b")!;
      const exited = once(node.child!, "exit") as Promise<[number | null]>;
      await writeAll(client, 0, 5);
      for (let left = 80; left > 0 && node.child?.exitCode === null; left -= 1) {
        const value = Buffer.alloc(100_000, left);
        await client.call(encodeRegisterCommand({ kind: "write", key: "large", value }), 30_000);
      }
      const [code] = await exited;

      expect(code).toBe(1);
      expect(node.said).toContain("STORAGE_FAILED");
      await writeAll(client, 5, 10);
      disk.resize("64m");
      node.start();
      const [gone] = cluster.nodes.filter((one) => one !== node && !one.isLeader);
      await writeAll(client, 10, 15);
      await gone!.kill();
      await writeAll(client, 15, 20);
      expect(await missing(client, 20)).toEqual([]);
      client.close();
    } finally {
      await cluster?.close();
      cluster = null;
      disk.unmount();
    }
  },
);
