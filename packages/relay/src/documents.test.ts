/** The document service, in this thread and with a real worker, which is built from its sources here. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startOfTime, tick } from "@syncline/clocks";
import {
  awSet,
  type Crdt,
  decodePayload,
  encodeDelta,
  lwwRegister,
  newOrigin,
  pnCounter,
} from "@syncline/crdt";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { transformSync } from "oxc-transform";
import { rollup } from "rollup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { createDocuments, type Documents, type DocumentsOptions } from "./documents.ts";

let folder: string;
let worker: URL;

/** TypeScript, as the build reads it. */
const typescript = {
  name: "typescript",
  transform: (source: string, path: string) =>
    path.endsWith(".ts") ? transformSync(path, source).code : null,
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "document-worker-"));
  const bundle = await rollup({
    input: fileURLToPath(new URL("./document-worker.ts", import.meta.url)),
    plugins: [
      nodeResolve({ exportConditions: ["@syncline/source", "node"], extensions: [".ts", ".js"] }),
      typescript,
    ],
  });
  await bundle.write({ file: join(folder, "document-worker.mjs"), format: "es" });
  worker = pathToFileURL(join(folder, "document-worker.mjs"));
}, 30_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const updateOf = (text: string, clientID = 1): Uint8Array => {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  doc.getText("text").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
};

/** The numbers of the threads beside this one; an idle one is no active resource, but a report has it. */
const workerIds = (): readonly number[] => {
  const report = process.report.getReport() as {
    readonly workers: readonly { readonly header: { readonly threadId: number } }[];
  };
  return report.workers.map(({ header }) => header.threadId);
};

const workerCount = (): number => workerIds().length;

const replica = "00000000000000aa";

const payloadOf = <State>(type: Crdt<State, unknown, object>, delta: State): Uint8Array =>
  encodeDelta(type, { replica, origin: newOrigin, session: 7 }, delta).payload;

const textOf = (update: Uint8Array): string => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc.getText("text").toJSON();
};

/** Inserts of so many clients at one place: Yjs compares each with all the others. */
const conflictBomb = (clientCount: number): readonly Uint8Array[] =>
  Array.from({ length: clientCount }, (_, index) => updateOf("x", index + 1));

const using = async (
  options: DocumentsOptions,
  act: (documents: Documents) => Promise<void>,
): Promise<void> => {
  const documents = createDocuments({ worker, ...options });
  try {
    await act(documents);
  } finally {
    await documents.close();
  }
};

describe.each([
  ["in a worker", false],
  ["in this thread", true],
])("a document service %s", (_name, isLocal) => {
  const inMode = (act: (documents: Documents) => Promise<void>): Promise<void> =>
    using(isLocal ? { worker: null } : {}, act);

  test("merges", () =>
    inMode(async (documents) => {
      const { payload: merged } = await documents.merge("yjs", [
        updateOf("a", 2),
        updateOf("b", 1),
      ]);

      expect(textOf(merged).length).toBe(2);
    }));

  test("answers a state vector", () =>
    inMode(async (documents) => {
      const payloads = [updateOf("hello")];
      const known = Y.encodeStateVectorFromUpdate(payloads[0]!);

      const all = await documents.answer(payloads, null);
      const nothing = await documents.answer(payloads, known);

      expect(textOf(all.difference)).toBe("hello");
      expect([...all.stateVector]).toEqual([...known]);
      expect([...nothing.difference]).toEqual([0, 0]);
    }));

  test("says what is new", () =>
    inMode(async (documents) => {
      const payload = updateOf("hello");

      expect(await documents.novelty([payload], payload)).toBe(null);
      expect(textOf((await documents.novelty([], payload))!)).toBe("hello");
    }));

  test("refuses what cannot be merged with BAD_PAYLOAD, then goes on", () =>
    inMode(async (documents) => {
      const bad = documents.merge("yjs", [updateOf("a"), Uint8Array.of(1, 1, 1)]);
      await expect(bad).rejects.toMatchObject({ code: "BAD_PAYLOAD" });

      expect(textOf((await documents.merge("yjs", [updateOf("b")])).payload)).toBe("b");
    }));

  test("refuses types that it does not know", () =>
    inMode(async (documents) => {
      const payload = Uint8Array.of(0, 0);
      const refused = documents.merge("counter", []);

      await expect(refused).rejects.toMatchObject({ code: "BAD_PAYLOAD" });
      expect(documents.whyBad("counter", payload)).toMatch(/Yjs/u);
      expect(documents.whyBad("yjs", payload)).toBe(null);
      expect(documents.whyRefused({ document: "d", type: "counter", payload })).toMatchObject({
        code: "UNKNOWN_TYPE",
      });
    }));

  test("joins a value by its type's name, and says how far each replica is in it", () =>
    inMode(async (documents) => {
      const state = pnCounter.bottom();
      const [one, two] = [1, 2].map((number) => {
        const replica = `000000000000000${number}`;
        const delta = pnCounter.mutators.increment(state, replica, number);
        return encodeDelta(pnCounter, { replica, origin: newOrigin, session: number }, delta);
      });

      const { payload: joined } = await documents.merge("pn-counter", [two!.payload, one!.payload]);

      const read = decodePayload(pnCounter, joined)!;
      expect(pnCounter.value(read.state)).toBe(3);
      expect(read.heads.get("0000000000000002")).toEqual(two!.origin);
      expect((await documents.merge("pn-counter", [joined, one!.payload])).payload).toEqual(joined);
    }));

  test("judges a batch of a value at once if it is small, and at the side if it is not", () =>
    inMode(async (documents) => {
      const small = payloadOf(awSet, awSet.mutators.add(awSet.bottom(), replica, "x"));
      const many = awSet.bottom();
      for (let index = 0; index < 20_000; index += 1) {
        awSet.apply(many, awSet.mutators.add(many, replica, index));
      }
      const large = payloadOf(awSet, many);
      const batchOf = (payload: Uint8Array) => ({ document: "d", type: "aw-set", payload });

      expect(documents.whyRefused(batchOf(small))).toBe(null);
      expect(documents.whyRefused(batchOf(small.subarray(0, -1)))).toMatchObject({
        code: "BAD_PAYLOAD",
      });
      const judged = documents.whyRefused(batchOf(large));
      expect(judged).toBeInstanceOf(Promise);
      expect(await judged).toBe(null);
      expect(await documents.whyRefused(batchOf(large.subarray(0, -1)))).toMatchObject({
        code: "BAD_PAYLOAD",
      });
    }));

  test("refuses a time that is far ahead", () =>
    inMode(async (documents) => {
      const payloadAt = (timeMs: number): Uint8Array =>
        payloadOf(
          lwwRegister,
          lwwRegister.mutators.set(lwwRegister.bottom(), replica, "x", tick(startOfTime, timeMs)),
        );
      const batchAt = (aheadMs: number) => ({
        document: "d",
        type: "lww-register",
        payload: payloadAt(Date.now() + aheadMs),
      });

      expect(documents.whyRefused(batchAt(50_000))).toBe(null);
      expect(documents.whyRefused(batchAt(3_600_000))).toMatchObject({ code: "CLOCK_AHEAD" });
    }));

  test("opens a document of 5 MB", () =>
    inMode(async (documents) => {
      const text = "0123456789".repeat(512 * 1024);

      const { state } = await documents.answer([updateOf(text)], null);

      expect(textOf(state) === text).toBe(true);
    }));

  test("leaves the callers' payloads as they are", () =>
    inMode(async (documents) => {
      const pool = new Uint8Array(1000);
      const update = updateOf("pooled");
      pool.set(update, 100);
      const view = pool.subarray(100, 100 + update.length);

      await documents.merge("yjs", [view]);

      expect([...view]).toEqual([...update]);
    }));

  test("answers in the order of the calls", () =>
    inMode(async (documents) => {
      const order: number[] = [];
      const note = async (call: Promise<unknown>, index: number): Promise<void> => {
        await call;
        order.push(index);
      };
      const large = updateOf("x".repeat(1_000_000));

      await Promise.all([
        note(documents.merge("yjs", [large]), 0),
        note(documents.answer([updateOf("a")], null), 1),
        note(documents.merge("yjs", [updateOf("b")]), 2),
      ]);

      expect(order).toEqual([0, 1, 2]);
    }));

  test("refuses everything once it is closed", () =>
    inMode(async (documents) => {
      await documents.close();

      await expect(documents.merge("yjs", [])).rejects.toMatchObject({ code: "CLOSED" });
    }));
});

describe("a worker", () => {
  test("that takes too long is ended, and only its job fails", { timeout: 30_000 }, () =>
    using({ watchdogMs: 400 }, async (documents) => {
      const endless = documents.merge("yjs", conflictBomb(20_000));
      const next = documents.merge("yjs", [updateOf("next")]);

      await expect(endless).rejects.toMatchObject({ code: "TIMEOUT" });
      expect(textOf((await next).payload)).toBe("next");
    }),
  );

  test("that runs out of memory fails only its job", { timeout: 30_000 }, () =>
    using({ heapMegabytesMax: 64 }, async (documents) => {
      const doc = new Y.Doc();
      doc.getArray("array").insert(
        0,
        Array.from({ length: 3_000_000 }, () => []),
      );
      const heavy = documents.merge("yjs", [Y.encodeStateAsUpdate(doc)]);
      const next = documents.merge("yjs", [updateOf("next")]);

      await expect(heavy).rejects.toMatchObject({ code: "BAD_PAYLOAD" });
      expect(textOf((await next).payload)).toBe("next");
    }),
  );

  test(
    "that has had nothing to do is ended, and the next job gets another",
    { timeout: 30_000 },
    () =>
      using({ idleMs: 1 }, async (documents) => {
        const before = workerCount();
        await documents.merge("yjs", [updateOf("first")]);
        while (workerCount() > before) await new Promise((resolve) => setTimeout(resolve, 1));

        const next = await documents.merge("yjs", [updateOf("next")]);

        expect(textOf(next.payload)).toBe("next");
      }),
  );

  test(
    "that has done a large job is ended sooner, since its heap has grown",
    { timeout: 30_000 },
    () =>
      using({ idleMs: 1e9, largeJobBytes: 1000, largeIdleMs: 1 }, async (documents) => {
        const before = workerCount();
        await documents.merge("yjs", [updateOf("x".repeat(1000))]);
        while (workerCount() > before) await new Promise((resolve) => setTimeout(resolve, 1));

        const next = await documents.merge("yjs", [updateOf("next")]);

        expect(textOf(next.payload)).toBe("next");
        expect(workerCount()).toBe(before + 1);
      }),
  );

  // Were it ended after every job, each after a pause would wait for another to start, and cost as much processor time as that takes.
  test(
    "that has done small jobs stays for the next, long as that may take to come",
    {
      timeout: 30_000,
    },
    () =>
      using({ idleMs: 1e9, largeJobBytes: 1e6, largeIdleMs: 0 }, async (documents) => {
        const before = workerIds();
        await documents.merge("yjs", [updateOf("first")]);
        const started = workerIds().filter((id) => !before.includes(id));

        // Each pause is longer than a timer of `largeIdleMs`, which was started before.
        for (const word of ["second", "third"]) {
          for (let turn = 0; turn < 3; turn += 1) {
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          await documents.merge("yjs", [updateOf(word)]);
        }

        expect(started).toHaveLength(1);
        expect(workerIds()).toEqual([...before, ...started]);
      }),
  );

  test("that does not start fails its jobs with BUSY", () =>
    using({ worker: new URL("./missing.js", worker) }, async (documents) => {
      await expect(documents.merge("yjs", [])).rejects.toMatchObject({ code: "BUSY" });
    }));

  test("refuses jobs beyond its limits with BUSY", () =>
    using({ jobsMax: 2, queueBytesMax: 1000 }, async (documents) => {
      const taken = [1, 2, 3].map(() => documents.merge("yjs", [updateOf("x")]));
      const tooMany = documents.merge("yjs", [updateOf("x")]);
      await expect(tooMany).rejects.toMatchObject({ code: "BUSY" });
      await Promise.all(taken);

      const tooLarge = documents.merge("yjs", [updateOf("x".repeat(2000))]);

      await expect(tooLarge).rejects.toMatchObject({ code: "BUSY" });
    }));

  test("that is closed fails what is under way with CLOSED", () =>
    using({}, async (documents) => {
      const jobs = [1, 2].map(() => documents.merge("yjs", [updateOf("x")]));
      const ends = Promise.allSettled(jobs);

      await documents.close();

      for (const end of await ends) {
        expect(end).toMatchObject({ status: "rejected", reason: { code: "CLOSED" } });
      }
    }));
});
