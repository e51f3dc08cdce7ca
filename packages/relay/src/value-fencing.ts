/** What homes understand of values' payloads: how far retired replicas are folded. */
import { encodeEpoch, epochsAdmitted, fencesIn } from "@syncline/crdt";
import type { Fencing } from "@syncline/gossip";

/** For a home of spaces with values. */
export const valueFencing: Fencing = {
  fenceOf: ({ type, payload }) => (type === "yjs" ? null : fencesIn(payload)),
  performing: encodeEpoch,
  epochsAdmitted,
};
