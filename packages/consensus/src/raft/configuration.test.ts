/** Changes of the members beside a plain twin that knows of each node only what it is, and what it was. */
import { seededRandom, type Random } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import {
  changeMembers,
  type Configuration,
  configurationOf,
  isConfiguration,
  isJoint,
  leaveJoint,
  type MembershipChange,
  membersOf,
} from "./configuration.ts";

const CASES = 50_000;
const names = ["a", "b", "c", "d", "e", "f"];
type Part = "voter" | "learner" | "nobody";

/** The twin: what each node is, and what it was before a change that is not over. */
interface Twin {
  readonly part: Map<string, Part>;
  readonly was: Map<string, Part> | null;
  readonly isLeavingByItself: boolean;
}

const partOf = (parts: ReadonlyMap<string, Part>, name: string): Part =>
  parts.get(name) ?? "nobody";
const namesThatAre = (parts: ReadonlyMap<string, Part>, part: Part): string[] =>
  names.filter((name) => partOf(parts, name) === part);

const allowed: Readonly<Record<MembershipChange["kind"], readonly [Part[], Part]>> = {
  "add-learner": [["nobody"], "learner"],
  promote: [["learner"], "voter"],
  demote: [["voter"], "learner"],
  remove: [["voter", "learner"], "nobody"],
};

const changeTwin = (
  twin: Twin,
  changes: readonly MembershipChange[],
  isOwn: boolean,
): Twin | null => {
  if (twin.was !== null || changes.length === 0) return null;
  if (new Set(changes.map(({ node }) => node)).size < changes.length) return null;
  const part = new Map(twin.part);
  for (const { kind, node } of changes) {
    const [from, to] = allowed[kind];
    if (!from.includes(partOf(part, node))) return null;
    part.set(node, to);
  }
  if (namesThatAre(part, "voter").length === 0) return null;
  const isSame = namesThatAre(part, "voter").join() === namesThatAre(twin.part, "voter").join();
  return isSame
    ? { part, was: null, isLeavingByItself: false }
    : { part, was: twin.part, isLeavingByItself: isOwn };
};

const configurationOfTwin = ({ part, was, isLeavingByItself }: Twin): Configuration => {
  const outgoing = was === null ? [] : namesThatAre(was, "voter");
  const learners = namesThatAre(part, "learner");
  return {
    voters: namesThatAre(part, "voter"),
    outgoing,
    learners: learners.filter((name) => !outgoing.includes(name)),
    learnersNext: learners.filter((name) => outgoing.includes(name)),
    isLeavingByItself,
  };
};

const drawChanges = (random: Random): readonly MembershipChange[] =>
  Array.from({ length: random.integer(0, 4) }, () => ({
    kind: random.pick(["add-learner", "promote", "demote", "remove"] as const),
    node: random.pick(names),
  }));

const isAsInTwin = (configuration: Configuration, twin: Twin): boolean =>
  isConfiguration(configuration) &&
  JSON.stringify(configuration) === JSON.stringify(configurationOfTwin(twin));

test(`${CASES} changes lead to where each node's own story leads`, () => {
  const random = seededRandom(4);
  const wrong: unknown[] = [];
  let configuration = configurationOf(["a", "b", "c"]);
  let twin: Twin = {
    part: new Map(["a", "b", "c"].map((name) => [name, "voter" as Part])),
    was: null,
    isLeavingByItself: false,
  };
  for (let run = 0; run < CASES; run += 1) {
    const changes = drawChanges(random);
    const isOwn = random.chance(0.5);
    const result = changeMembers(configuration, changes, isOwn);
    const next = changeTwin(twin, changes, isOwn);

    if ((result.kind === "changed") !== (next !== null)) wrong.push([configuration, changes]);
    if (result.kind === "changed" && next !== null) {
      configuration = result.configuration;
      twin = next;
    }
    if (!isAsInTwin(configuration, twin)) wrong.push([configuration, twin]);
    if (isJoint(configuration) && random.chance(0.5)) {
      configuration = leaveJoint(configuration);
      twin = { part: twin.part, was: null, isLeavingByItself: false };
      if (!isAsInTwin(configuration, twin)) wrong.push([configuration, twin]);
    }
  }

  expect(wrong).toEqual([]);
});

describe("a change", () => {
  const three = configurationOf(["a", "b", "c"]);
  const reasonOf = (before: Configuration, changes: readonly MembershipChange[]): string => {
    const result = changeMembers(before, changes);
    return result.kind === "refused" ? result.reason : "none";
  };

  test("of learners alone is not joint", () => {
    const result = changeMembers(three, [{ kind: "add-learner", node: "d" }]);

    expect(result.kind === "changed" && isJoint(result.configuration)).toBe(false);
  });

  test("while another is under way is refused", () => {
    const result = changeMembers(three, [{ kind: "remove", node: "a" }]);
    const joint = result.kind === "changed" ? result.configuration : three;

    expect(reasonOf(joint, [{ kind: "remove", node: "b" }])).toBe("joint");
  });

  test.each([
    ["of a newcomer to a voter", [{ kind: "promote", node: "d" }], "wrong-member"],
    [
      "that leaves no voter",
      ["a", "b", "c"].map((node) => ({ kind: "remove", node })),
      "no-voter-left",
    ],
    ["of nobody", [], "not-one-change-each"],
    [
      "of one node twice",
      ["demote", "remove"].map((kind) => ({ kind, node: "a" })),
      "not-one-change-each",
    ],
    [
      "to more than the limit",
      Array.from({ length: 29 }, (_, index) => ({ kind: "add-learner", node: `n${index}` })),
      "too-many",
    ],
  ] as const)("%s is refused", (_claim, changes, reason) => {
    expect(reasonOf(three, changes as readonly MembershipChange[])).toBe(reason);
  });

  test("keeps a demoted voter from both counting and not counting", () => {
    const result = changeMembers(three, [{ kind: "demote", node: "c" }]);
    const joint = result.kind === "changed" ? result.configuration : three;

    expect(joint.learnersNext).toEqual(["c"]);
    expect(joint.learners).toEqual([]);
    expect(leaveJoint(joint).learners).toEqual(["c"]);
    expect(membersOf(joint)).toEqual(["a", "b", "c"]);
  });
});

test.each([
  ["voters out of order", { voters: ["b", "a"] }],
  ["a learner that votes", { voters: ["a"], learners: ["a"] }],
  ["a learner-to-be that was no voter", { voters: ["a"], outgoing: ["a"], learnersNext: ["b"] }],
  ["an end of a change without a change", { voters: ["a"], isLeavingByItself: true }],
  ["a change to no voter", { outgoing: ["a"] }],
])("%s is no configuration", (_claim, parts) => {
  const empty = {
    voters: [],
    outgoing: [],
    learners: [],
    learnersNext: [],
    isLeavingByItself: false,
  };

  expect(isConfiguration({ ...empty, ...parts })).toBe(false);
});
