/** Nobody sees the reply before the question, whatever the links between the relays do. */
import { seededRandom } from "@syncline/machine";
import { connect } from "syncline";
import { afterEach, expect, test } from "vitest";
import { type Cluster, startCluster } from "./relay-process.ts";
import { openSlowLink, type SlowLink } from "./slow-link.ts";
import { until } from "./until.ts";

let cluster: Cluster;
const links: SlowLink[] = [];
const ends: (() => void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await cluster.close();
  for (const link of links.splice(0)) link.close();
});

const ROUNDS = 30;

test("a reply is never shown without its question, at any relay, with links slowed and cut", async () => {
  const random = seededRandom(11);
  cluster = await startCluster(3, [], async (ids, urls) => {
    const linkByRoute = new Map<string, SlowLink>();
    for (const from of ids) {
      for (const [index, to] of ids.entries()) {
        // Of each pair the relay with the smaller name dials.
        if (from >= to) continue;
        const link = await openSlowLink(urls[index] ?? "");
        links.push(link);
        linkByRoute.set(`${from}${to}`, link);
      }
    }
    return (from, to, url) => linkByRoute.get(`${from}${to}`)?.url ?? url;
  });
  // Questions and replies stand in two documents, so that only the causal order holds them together.
  const people = await Promise.all(
    cluster.relays.map(async (relay) => {
      const client = connect(relay.url);
      ends.push(() => client.close());
      const space = client.space("forum");
      const questions = (await space.doc("questions")).getMap<boolean>("asked");
      const replies = (await space.doc("replies")).getMap<boolean>("given");
      await space.whenSynced();
      return { space, questions, replies };
    }),
  );
  const broken: string[] = [];
  for (const { questions, replies } of people) {
    replies.observe((event) => {
      for (const key of event.keysChanged) if (!questions.has(key)) broken.push(key);
    });
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    for (const link of links) link.setDelay(random.chance(0.5) ? 0 : random.integer(20, 200));
    // One of the three at most, so that there is always a way round.
    if (random.chance(0.5)) for (const link of links) link.heal();
    if (random.chance(0.5)) {
      for (const link of links) link.heal();
      random.pick(links).cut();
    }
    const asker = random.integer(0, 3);
    const replier = (asker + random.integer(1, 3)) % 3;
    const id = `question ${round}`;
    people[asker]?.questions.set(id, true);
    await until(() => people[replier]?.questions.has(id) === true);
    people[replier]?.replies.set(id, true);
  }
  for (const link of links) {
    link.heal();
    link.setDelay(0);
  }
  await until(() => people.every(({ replies }) => replies.size === ROUNDS));

  expect(broken).toEqual([]);
}, 120_000);
