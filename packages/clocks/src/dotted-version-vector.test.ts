/** Dotted version vectors: siblings that were written concurrently, and no others. */
import { createDecoder, readVarUint } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint } from "lib0/encoding";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  contextOfVersions,
  type DottedVersionVector,
  joinVersions,
  readVersions,
  versionsOf,
  writeVersion,
  writeVersions,
} from "./dotted-version-vector.ts";

const servers = ["00000000000000aa", "00000000000000bb"] as [string, string];

test("two clients that write through one server at once give two siblings, and one that has read them replaces both", () => {
  const [server] = servers;
  const empty: DottedVersionVector<string> = new Map();
  const first = writeVersion(empty, { replica: server, context: new Map(), value: "a" });

  const both = writeVersion(first, { replica: server, context: new Map(), value: "b" });
  const resolved = writeVersion(both, {
    replica: server,
    context: contextOfVersions(both),
    value: "c",
  });

  expect(versionsOf(both)).toEqual(["b", "a"]);
  expect(versionsOf(resolved)).toEqual(["c"]);
  expect(versionsOf(joinVersions(both, resolved))).toEqual(["c"]);
});

interface Step {
  readonly at: number;
  readonly kind: "write" | "blind" | "hear";
}

/** Each write as a value that knows which it has seen. */
interface Written {
  readonly id: number;
  readonly sees: ReadonlySet<number>;
}

test("the siblings are the writes that no known write has seen, at every server, in any order of hearing", () => {
  const steps = fc.array(
    fc.record({ at: fc.nat(1), kind: fc.constantFrom<Step["kind"][]>("write", "blind", "hear") }),
    { maxLength: 20 },
  );

  fc.assert(
    fc.property(steps, (played) => {
      const states: DottedVersionVector<Written>[] = servers.map(() => new Map());
      const known: Set<Written>[] = servers.map(() => new Set());
      for (const [id, { at, kind }] of played.entries()) {
        const [state, heard] = [states[at]!, known[at]!];
        if (kind === "hear") {
          states[at] = joinVersions(state, states[1 - at]!);
          for (const write of known[1 - at]!) heard.add(write);
        } else {
          const context = kind === "write" ? contextOfVersions(state) : new Map<string, number>();
          const sees = new Set(kind === "write" ? [...heard].map((write) => write.id) : []);
          const value = { id, sees };
          states[at] = writeVersion(state, { replica: servers[at]!, context, value });
          heard.add(value);
        }
        const expected = [...known[at]!].filter(
          (write) => ![...known[at]!].some((other) => other.sees.has(write.id)),
        );
        const found = versionsOf(states[at]!).map((write) => write.id);
        expect(found.toSorted((left, right) => left - right)).toEqual(
          expected.map((write) => write.id).toSorted((left, right) => left - right),
        );
      }
      const joined = joinVersions(states[0]!, states[1]!);
      expect(joined).toEqual(joinVersions(states[1]!, states[0]!));
      expect(joinVersions(joined, states[0]!)).toEqual(joined);
    }),
    { numRuns: 300 },
  );
});

test("versions are read as they were written, and a count beyond the bytes is refused", () => {
  const versions = new Map([
    [servers[1], { number: 3, values: [7, 8] }],
    [servers[0], { number: 2, values: [] }],
  ]);
  const encoder = createEncoder();
  writeVersions(encoder, versions, writeVarUint);
  const bytes = toUint8Array(encoder);

  expect(readVersions(createDecoder(bytes), readVarUint)).toEqual(versions);
  for (let length = 0; length < bytes.length; length += 1) {
    expect(() => readVersions(createDecoder(bytes.slice(0, length)), readVarUint)).toThrow(/./u);
  }
  const huge = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f]);
  expect(() => readVersions(createDecoder(huge), readVarUint)).toThrow(RangeError);
});
