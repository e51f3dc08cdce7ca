/** Whether bytes are a batch of a value: read by the decoder of its type, which a relay finds by the type's name. */
import { type AnyCrdt, decodePayload, typeNamed } from "@syncline/crdt";
import { driftMaxMsDefault } from "@syncline/clocks";
import type { ErrorCode } from "@syncline/machine";

/** Why a batch is not taken. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The end of a sentence that begins with the payload. */
  readonly reason: string;
}

/** Types that were found by their names; when there are more, all are forgotten. */
const typesMax = 256;
const typeByName = new Map<string, AnyCrdt | null>();

const typeOf = (name: string): AnyCrdt | null => {
  const known = typeByName.get(name);
  if (known !== undefined) return known;
  if (typeByName.size >= typesMax) typeByName.clear();
  const type = typeNamed(name);
  typeByName.set(name, type);
  return type;
};

/**
 * Why the payload is not to be admitted, or null. Linear in its bytes; never throws.
 *
 * A type that this relay does not know is refused: nobody here could check such a batch, so one client's nonsense would reach all others and stay, and its
 * document could not be compacted and would come to its limit. Batches of it that another relay has admitted are kept and passed on as they are.
 * So is a time that is far ahead: shown, it would win against everybody until that time has come.
 */
export const whyBadValue = (
  typeName: string,
  payload: Uint8Array,
  wallMs: number,
): Refusal | null => {
  const type = typeOf(typeName);
  if (type === null) {
    const text = `is of a type that this relay does not know: ${JSON.stringify(typeName.slice(0, 100))}`;
    return { code: "UNKNOWN_TYPE", reason: text };
  }
  const read = decodePayload(type, payload);
  if (read === null) return { code: "BAD_PAYLOAD", reason: `is no batch of type ${typeName}` };
  const aheadMs = (type.latestTime(read.state)?.timeMs ?? 0) - wallMs;
  if (aheadMs <= driftMaxMsDefault) return null;
  return { code: "CLOCK_AHEAD", reason: `is of a time ${Math.round(aheadMs)} ms ahead` };
};
