import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { curves } from "./growth/curves.ts";
import { repositoryRoot } from "./machine/repository.ts";
import { optionKinds, readBenchOptions } from "./options.ts";
import { scenarios } from "./scenarios/scenarios.ts";
import { serverKinds } from "./servers/servers.ts";
import { wireNames } from "./wires/wire.ts";

describe("the options", () => {
  test("choose everything if they are not given, but not the server that loses frames", () => {
    const options = readBenchOptions([]);

    expect(options.scenarios).toContain("restart");
    expect(options.servers).toContain("syncline-3");
    expect(options.servers).not.toContain("lossy-ws");
    expect([options.runs, options.wires, options.preload]).toEqual([3, null, null]);
  });

  test("choose several by their names", () => {
    const options = readBenchOptions(["--scenario", "rooms,fan-out", "--wire", "native"]);

    expect([options.scenarios, options.wires]).toEqual([["rooms", "fan-out"], ["native"]]);
  });

  test("run once in the short form", () => {
    expect(readBenchOptions(["--short"]).runs).toBe(1);
  });

  test.each([
    [["--server", "nginx"], "--server: nginx is none of"],
    [["--runs", "0"], "--runs"],
    [["--runs", "many"], "--runs"],
    [["--preload", "no/heap.so"], "--preload: there is no file no/heap.so"],
    [["--preload", "package.json"], "--preload: "],
    [["--speed"], "--speed"],
  ])("%j are refused with a sentence", (args, sentence) => {
    expect(() => readBenchOptions(args)).toThrow(sentence);
  });
});

test("the help fits into 120 columns and names everything that can be chosen", () => {
  const help = readFileSync(join(repositoryRoot, "bench/relays/help.txt"), "utf8");
  const names = [scenarios, serverKinds, curves].flatMap((all) => all.map(({ name }) => name));

  expect(Math.max(...help.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  for (const option of Object.keys(optionKinds)) expect(help).toContain(`--${option} `);
  for (const name of [...names, ...wireNames]) {
    expect(help).toMatch(new RegExp(` ${name}[, ]`, "u"));
  }
});
