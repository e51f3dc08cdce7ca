// Bugs to plant in CASPaxos. The assertions of the core that would notice one at once are taken out with it: it must be found without them.
//
// What is not planted, since it is no bug:
// - A promise of the next ballot by an accept quorum, not a prepare quorum, would do for one round trip: it meets every prepare quorum, so nothing can be
//   prepared between the two ballots.
// - Promises that are not copied to a new acceptor, and a proposer's cache that outlives its epoch: each alone would do. Nothing that was promised in an
//   earlier epoch can be used in a later one, and if it could, the promise would have been copied.
// - Copying that begins when a quorum is fenced: each hands over only once it obeys the next configuration itself, so whoever is late is copied later.
// - A page that is read for a new acceptor while own writes are on their way: it is asked for once the fence is on the disk, and what came before it with it.
// - An acceptor that takes an accept message that comes again for a conflict: the proposer knows its own ballot, and if it did not, the register would know
//   the operation. It costs a round trip.
// - A collection that is prepared at a quorum, or is over once a quorum has erased: between the two stands the acceptance by all.
import { mutants as ofBallots } from "./ballot-mutants.mjs";
import { mutants as ofDeletions } from "./deletion-mutants.mjs";
import { mutants as ofOperations } from "./operation-mutants.mjs";
import { mutants as ofReplacements } from "./replacement-mutants.mjs";

/** Every bug: what it is called, what it does, and the pieces of sources with what stands in their place. */
export const mutants = [...ofBallots, ...ofOperations, ...ofDeletions, ...ofReplacements];
