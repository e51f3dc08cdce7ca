export { FRAME_BYTES_MAX } from "./limits.ts";
