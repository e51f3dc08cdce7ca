// Bugs to plant in Raft: changes of the members, and who is who.

const raft = "packages/consensus/src/raft/";

/** What each does, and the pieces of sources with what stands in their place. */
export const membersMutants = [
  {
    name: "votes-of-one-half",
    does: "while members change only the new half is asked for votes",
    changes: [
      {
        file: `${raft}elections.ts`,
        piece: `  const electorate = electorateOf(configurationOfState(state));
  const result`,
        instead: `  const electorate = { ...electorateOf(configurationOfState(state)), outgoing: [] };
  const result`,
      },
    ],
  },
  {
    name: "commits-of-one-half",
    does: "while members change only the new half is asked for commitments",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `  const electorate = electorateOf(configurationOfState(state));`,
        instead: `  const electorate = { ...electorateOf(configurationOfState(state)), outgoing: [] };`,
      },
    ],
  },
  {
    name: "members-change-at-once",
    does: "voters are replaced without a joint configuration",
    changes: [
      {
        file: `${raft}configuration.ts`,
        piece: `  const outgoing = isSame ? [] : before.voters;`,
        instead: `  const outgoing: readonly NodeId[] = [];`,
      },
      {
        file: `${raft}configuration.ts`,
        piece: `    isLeavingByItself: !isSame && isLeavingByItself,`,
        instead: `    isLeavingByItself: !isSame && isLeavingByItself && outgoing.length > 0,`,
      },
    ],
  },
  {
    name: "members-change-before-own-commit",
    does: "a leader changes members before it has committed anything of its term, or while a change is not committed",
    changes: [
      {
        file: `${raft}membership.ts`,
        piece: `  return isSettled && state.commitIndex >= leader.firstIndex ? null : "not-yet";`,
        instead: `  return isSettled || state.commitIndex < leader.firstIndex ? null : "not-yet";`,
      },
    ],
  },
  {
    name: "members-not-rolled-back",
    does: "a configuration that is cut off the log goes on holding",
    changes: [
      {
        file: `${raft}log.ts`,
        piece: `  while ((log.configurations.at(-1)?.index ?? 0) >= index) log.configurations.pop();`,
        instead: ``,
      },
    ],
  },
  {
    name: "members-lost-in-compaction",
    does: "a snapshot holds the configuration that the log began with, not the one as of its entry",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  const at = configurationAt(log, index);`,
        instead: `  const at = log.configurations[0] ?? configurationAt(log, index);`,
      },
    ],
  },
  {
    name: "uncommitted-members-in-the-snapshot",
    does: "a snapshot holds the latest configuration of the log, not the one as of its entry",
    changes: [
      {
        file: `${raft}snapshots.ts`,
        piece: `  const at = configurationAt(log, index);`,
        instead: `  const at = log.configurations.at(-1) ?? configurationAt(log, index);`,
      },
    ],
  },
  {
    name: "former-member-counts-itself",
    does: "a leader that is to go counts itself until it has gone",
    changes: [
      {
        file: `${raft}replication.ts`,
        piece: `  const electorate = electorateOf(configurationOfState(state));`,
        instead: `  const { voters, outgoing } = configurationOfState(state);
  void electorateOf;
  const electorate = { incoming: [...new Set([...voters, self])], outgoing };`,
      },
    ],
  },
  {
    name: "message-for-another-incarnation",
    does: "a node takes messages that were meant for the disk that it had before",
    changes: [
      {
        file: `${raft}raft.ts`,
        piece: `  if (message.to !== self || message.from === self || state.recovery !== null) return;`,
        instead: `  if (message.to.split("@")[0] !== self.split("@")[0] || message.from === self || state.recovery !== null) return;`,
      },
      {
        file: `${raft}state.ts`,
        piece: `  const message: RaftMessage = { from: state.settings.self, to, term, ...kind };`,
        instead: `  const own = [...(state.role.kind === "leader" ? [] : latestConfiguration(state.log).configuration.voters)].find((voter) => nameOfNode(voter) === nameOfNode(state.settings.self));
  const message: RaftMessage = { from: own ?? state.settings.self, to, term, ...kind };`,
      },
    ],
  },
  {
    name: "one-name-one-member",
    does: "a node keeps its name when its disk is lost, and votes as if it remembered",
    changes: [
      {
        file: "test/consensus/raft/raft-node.ts",
        piece: `        self: nodeIdOf(name, String(directory)),`,
        instead: `        self: nodeIdOf(name, "1"),`,
      },
      {
        file: "test/consensus/raft/raft-node.ts",
        piece: `      return nodeIdOf(name, String(node.life.directory));`,
        instead: `      return nodeIdOf(name, "1");`,
      },
    ],
  },
];
