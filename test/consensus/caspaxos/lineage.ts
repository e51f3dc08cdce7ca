/**
 * The descent of what is chosen, told by what registers remember: which holds across deletions and erasures, where a value has no ancestor.
 *
 * A state names the operations that it comes from, until it says that it has forgotten them. So of two states that are chosen one after the other, the
 * later one must know every operation of the earlier one, or say that it does not know that far back; and that far back it may only not know if a deletion
 * was erased in between, or if there was no room for so many clients.
 */
import type { OperationId, RegisterState } from "@syncline/consensus/caspaxos";

/** Why the later state does not come from the earlier one, as a few words, or null if it does. */
export const whyNoDescendant = (
  before: RegisterState,
  after: RegisterState,
  hasRoomForAll: boolean,
): string | null => {
  for (const session of before.sessions) {
    if (session.round <= after.knownFrom) continue;
    const known = after.sessions.find(({ client }) => client === session.client);
    if (known === undefined) return `${session.client} is forgotten`;
    for (const { number } of session.results) {
      if (number <= known.droppedTo || known.results.some((one) => one.number === number)) continue;
      return `${session.client}/${number} is lost`;
    }
  }
  const isNewLife = after.knownFrom > before.knownFrom && hasRoomForAll;
  return isNewLife && before.value !== null ? "a value is gone without a deletion" : null;
};

/** Whether a state knows the operation, or has had no room for it: then nothing can be said. */
export const remembers = (state: RegisterState, { client, number }: OperationId): boolean => {
  const session = state.sessions.find((one) => one.client === client);
  if (session === undefined) return false;
  return number <= session.droppedTo || session.results.some((one) => one.number === number);
};
