/** From a state to its bytes and back: what every type's codec does around its own part. */
import { bytesLeft } from "@syncline/clocks";
import { createDecoder, type Decoder } from "lib0/decoding";
import { createEncoder, type Encoder, toUint8Array } from "lib0/encoding";

/** All that was written, as bytes of their own. */
export const bytesOf = (write: (encoder: Encoder) => void): Uint8Array => {
  const encoder = createEncoder();
  write(encoder);
  return toUint8Array(encoder);
};

/** What the bytes say, or null if they are malformed or something follows. A decoder may throw whatever it likes: it is data from a stranger. */
export const readAll = <Result>(
  bytes: Uint8Array,
  read: (decoder: Decoder) => Result,
): Result | null => {
  try {
    const decoder = createDecoder(bytes);
    const result = read(decoder);
    return bytesLeft(decoder) === 0 ? result : null;
  } catch {
    return null;
  }
};
