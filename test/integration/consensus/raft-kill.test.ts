/**
 * Leaders are ended with kill -9 at random moments while clients write, read and claim. The history is judged linearizable, and nothing that was acknowledged
 * is lost, also after all nodes were ended at once.
 *
 * KILLS=100 ends a hundred, SEED=7 draws the same moments again.
 */
import { seededRandom } from "@syncline/machine";
import { openRaftClient } from "@syncline/relay/consensus";
import {
  claimModel,
  describeVerdict,
  judgeLinearizability,
  type Operation,
  registerModel,
} from "@syncline/simulator/judges";
import { afterEach, expect, test } from "vitest";
import { type RaftCluster, startRaftCluster } from "./raft-cluster.ts";
import { startWorker, valueOf, type Worker } from "./raft-clients.ts";

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1_000_000));
const killCount = Number(process.env["KILLS"] ?? 8);
const CLIENTS = 6;

let cluster: RaftCluster | null = null;

afterEach(() => cluster?.close());

const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));

/** What was acknowledged and is not there any more, asked of a cluster of which only the disks are left. */
const missingAfterPowerCut = async (
  { nodes, urlByName }: RaftCluster,
  workers: readonly Worker[],
): Promise<readonly string[]> => {
  await Promise.all(nodes.map((node) => node.kill()));
  for (const node of nodes) node.start();
  const client = await openRaftClient(urlByName, 30_000);
  const missing: string[] = [];
  for (const [key, value] of workers.flatMap(({ kept }) => [...kept])) {
    if ((await valueOf(client, key)) !== value) missing.push(key);
  }
  client.close();
  return missing;
};

const judged = (
  operations: readonly Operation[],
  model: Parameters<typeof judgeLinearizability>[1],
) => {
  const verdict = judgeLinearizability(operations, model);
  console.log(describeVerdict(verdict));
  return verdict;
};

test(
  `leaders that are killed lose nothing: seed ${seed}, ${killCount} kills`,
  async () => {
    const random = seededRandom(seed);
    cluster = await startRaftCluster();
    const { urlByName } = cluster;
    const workers = await Promise.all(
      Array.from({ length: CLIENTS }, (_, index) =>
        startWorker(`client ${index}`, urlByName, random.fork(`client ${index}`)),
      ),
    );
    for (let kill = 0; kill < killCount; kill += 1) {
      const leader = await cluster.leader();
      await pause(random.integer(50, 900));
      await leader.kill();
      await pause(random.integer(0, 200));
      leader.start();
    }
    await Promise.all(workers.map((worker) => worker.finish()));
    const missing = await missingAfterPowerCut(cluster, workers);

    const operations = workers.flatMap(({ registers, claims }) => [...registers, ...claims]);
    const unknownCount = operations.filter(({ outcome }) => outcome.kind === "unknown").length;
    const keptCount = workers.reduce((sum, { kept }) => sum + kept.size, 0);
    console.log(
      `kill -9 of leaders: seed ${seed}, ${killCount} kills, ${operations.length} operations judged (${unknownCount} unknown), ${keptCount} more acknowledged, ${missing.length} lost`,
    );
    expect(missing).toEqual([]);
    const registers = workers.flatMap((worker) => worker.registers);
    const claims = workers.flatMap((worker) => worker.claims);
    expect(judged(registers, registerModel(null)).kind).toBe("holds");
    expect(judged(claims, claimModel()).kind).toBe("holds");
    for (const { said } of cluster.nodes) expect(said).toBe("");
  },
  120_000 + 10_000 * killCount,
);
