import fc from "fast-check";
import { seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { isEmptyUpdate, whyBadStateVector, whyBadUpdate } from "./document-shape.ts";

const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

/** A document with every kind of content that Yjs writes. */
const richDoc = (): Y.Doc => {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const text = doc.getText("text");
  text.insert(0, "plain 𝒳 text");
  text.format(0, 3, { bold: true });
  text.insertEmbed(2, { image: "x.png" });
  const element = new Y.XmlElement("paragraph");
  const hook = new Y.XmlHook("hook") as unknown as Y.XmlElement;
  doc.getXmlFragment("xml").insert(0, [element, new Y.XmlText("inner"), hook]);
  element.setAttribute("class", "wide");
  const map = doc.getMap("map");
  map.set("any", {
    list: [1, -2, 2.5, 1e300, null, undefined, true, false, "x"],
    deep: { a: [{}] },
  });
  map.set("big", 12_345_678_901_234n);
  map.set("bytes", new Uint8Array([1, 2, 3]));
  map.set("sub", new Y.Doc({ autoLoad: true }));
  doc.getArray("array").insert(0, [1, "two", new Y.Map()]);
  text.delete(1, 3);
  map.delete("bytes");
  return doc;
};

describe("what Yjs writes is good", () => {
  test("with every kind of content", () => {
    expect(whyBadUpdate(Y.encodeStateAsUpdate(richDoc()))).toBe(null);
    expect(whyBadStateVector(Y.encodeStateVector(richDoc()))).toBe(null);
  });

  test("as an empty update, a difference, and a merged one with gaps", () => {
    const doc = richDoc();
    const updates: Uint8Array[] = [];
    doc.on("update", (update: Uint8Array) => updates.push(update));
    for (const word of ["a", "b", "c"]) doc.getText("text").insert(0, word);
    const difference = Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc));
    const gap = Y.mergeUpdates([updates[0]!, updates[2]!]);

    expect([Uint8Array.of(0, 0), difference, gap, ...updates].map(whyBadUpdate)).toEqual(
      Array.from({ length: 6 }, () => null),
    );
    expect(isEmptyUpdate(Uint8Array.of(0, 0))).toBe(true);
  });

  test("whatever is typed and deleted", () => {
    const edits = fc.array(fc.tuple(fc.string({ unit: "binary-ascii" }), fc.nat(), fc.nat(5)));
    fc.assert(
      fc.property(edits, (list) => {
        const doc = new Y.Doc();
        const text = doc.getText("text");
        for (const [word, place, deleteCount] of list) {
          const index = place % (text.length + 1);
          text.insert(index, word);
          text.delete(index, Math.min(deleteCount, text.length - index));
        }
        expect(whyBadUpdate(Y.encodeStateAsUpdate(doc))).toBe(null);
      }),
    );
  });
});

test.each([
  ["nothing", "", /cut off/u],
  ["one byte", "00", /cut off/u],
  ["stray bytes", "0000 00", /follows/u],
  ["a number without end", "ffffffffffffffffffff", /53 bits/u],
  ["2^32 clients", "ffffffff0f", /more than it holds/u],
  ["30,000,000 structs", "01 8087a70e 01 00 00", /more than it holds/u],
  ["an update of format 2", "00010000000001000100010200001602000001fdffffffff7f0000", /./u],
  ["garbage", Buffer.from("garbagedoc", "base64").toString("hex"), /./u],
  ["a garbage struct of 2^53 - 1", "01 01 01 00 00 ffffffffffffff0f 00", /clock/u],
  ["a garbage struct of nothing", "01 01 01 00 00 00 00", /empty/u],
  ["deletes of 2^50", "00 01 01 01 00 8080808080808002", /deletes/u],
  ["a client named twice", "02 01 01 00 00 01 01 01 05 00 01 00", /twice/u],
  ["an item left of itself", "01 01 01 00 84 01 00 01 61 00", /itself/u],
  ["ill-formed UTF-8", "01 01 01 00 04 01 01 61 02 c328 00", /UTF-8/u],
  ["unknown content", "01 01 01 00 0b 01 01 61 00", /unknown/u],
  ["an unknown shared type", "01 01 01 00 07 01 01 61 63 00", /unknown/u],
  ["a sub-document without options", "01 01 01 00 09 01 01 61 01 67 7e 00", /options/u],
  ["an embed that is no JSON", "01 01 01 00 05 01 01 61 01 7b 00", /JSON/u],
])("%s is bad", (_name, bytes, why) => {
  expect(whyBadUpdate(hex(bytes))).toMatch(why);
});

test("200 kB of nested arrays are bad, and no stack overflows", () => {
  const nested = Buffer.concat([
    hex("01 01 01 00 08 01 01 61 01"),
    Buffer.from("7501".repeat(100_000), "hex"),
    hex("7e 00"),
  ]);

  expect(whyBadUpdate(new Uint8Array(nested))).toMatch(/deeply/u);
});

test.each([
  ["2^31 entries", "808080800f", /more than it holds/u],
  ["stray bytes", "00 00", /follows/u],
  ["nothing", "", /cut off/u],
])("a state vector of %s is bad", (_name, bytes, why) => {
  expect(whyBadStateVector(hex(bytes))).toMatch(why);
});

test("whatever passes, Yjs decodes (seed 7, 20,000 damaged updates)", () => {
  const random = seededRandom(7);
  const sample = Y.encodeStateAsUpdate(richDoc());
  let passedCount = 0;

  for (let round = 0; round < 20_000; round += 1) {
    const damaged = sample.slice(
      0,
      random.chance(0.1) ? random.integer(0, sample.length) : undefined,
    );
    for (let times = random.integer(1, 4); times > 0 && damaged.length > 0; times -= 1) {
      damaged[random.integer(0, damaged.length)] = random.integer(0, 256);
    }
    if (whyBadUpdate(damaged) !== null) continue;
    passedCount += 1;
    expect(() => Y.decodeUpdate(damaged)).not.toThrow();
  }

  expect(passedCount).toBeGreaterThan(1000);
});
