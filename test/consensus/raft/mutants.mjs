// Bugs to plant in Raft: each is one that an implementation somewhere has had, and the simulation must find it.
import { electionsMutants } from "./elections-mutants.mjs";
import { membersMutants } from "./members-mutants.mjs";
import { replicationMutants } from "./replication-mutants.mjs";
import { storageMutants } from "./storage-mutants.mjs";

/** Each bug: what it is called, what it does, and the pieces of sources with what stands in their place. */
export const mutants = [
  ...electionsMutants,
  ...membersMutants,
  ...replicationMutants,
  ...storageMutants,
];
