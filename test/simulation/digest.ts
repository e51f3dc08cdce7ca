/** A number that stands for a whole log of a run, byte for byte. */
import { drawStory, tellStory } from "./gossip-run.ts";
import { plainSeal } from "./rows.ts";
import { createRecorder } from "./trace.ts";

/** Seeds whose digests are kept: with and without codecs, three homes and five. */
export const digestSeeds = [5, 12, 36] as const;

/** The log of a seed: every input of every machine, every message, every fault, with its time. */
export const logOf = (seed: number): string => {
  const recorder = createRecorder(true);
  tellStory(drawStory(seed), plainSeal, recorder.observe);
  return recorder.lines.join("\n");
};

/** FNV-1a with 64 bits over the bytes of a text, as hexadecimal digits. */
export const digestOf = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
};
