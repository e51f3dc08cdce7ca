/** The document service, in this thread and with a real worker, which is built from its sources here. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transformSync } from "oxc-transform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { createDocuments, type Documents, type DocumentsOptions } from "./documents.ts";

let folder: string;
let worker: URL;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "document-worker-"));
  const yjs = pathToFileURL(createRequire(import.meta.url).resolve("yjs")).href;
  for (const name of ["document-worker", "document-job", "document-merge"]) {
    const source = readFileSync(new URL(`./${name}.ts`, import.meta.url), "utf8");
    const { code } = transformSync(`${name}.ts`, source, {
      typescript: { rewriteImportExtensions: "rewrite" },
    });
    writeFileSync(join(folder, `${name}.js`), code.replace('"yjs"', JSON.stringify(yjs)));
  }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  worker = pathToFileURL(join(folder, "document-worker.js"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const updateOf = (text: string, clientID = 1): Uint8Array => {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  doc.getText("text").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
};

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
      const merged = await documents.merge("yjs", [updateOf("a", 2), updateOf("b", 1)]);

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

      expect(textOf(await documents.merge("yjs", [updateOf("b")]))).toBe("b");
    }));

  test("refuses types that it does not know", () =>
    inMode(async (documents) => {
      const refused = documents.merge("counter", []);

      await expect(refused).rejects.toMatchObject({ code: "BAD_PAYLOAD" });
      expect(documents.whyBad("counter", Uint8Array.of(0, 0))).toMatch(/type/u);
      expect(documents.whyBad("yjs", Uint8Array.of(0, 0))).toBe(null);
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
      expect(textOf(await next)).toBe("next");
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
      expect(textOf(await next)).toBe("next");
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
