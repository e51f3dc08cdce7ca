import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

// Unit tests run the TypeScript sources of every package, never a stale dist/.
// A project's conditions are its own: lists that it inherited would be joined with them.
const node = { conditions: ["@syncline/source", "node"] };
const browser = { conditions: ["@syncline/source", "module", "browser", "development|production"] };
const inNode = { extends: true, resolve: node, ssr: { resolve: node } } as const;
const inBrowser = { extends: true, resolve: browser } as const;

const browserTests = "**/*.browser.test.ts";
const generated = "test/docs/generated/**";

export default defineConfig({
  test: {
    coverage: { provider: "v8", include: ["packages/*/src/**/*.ts"] },
    projects: [
      {
        ...inNode,
        test: {
          name: "node",
          // A core for each file, where vitest would leave one for its reporter; a busy machine is no failure.
          maxWorkers: "100%",
          testTimeout: 30_000,
          include: ["packages/*/src/**/*.test.ts", "bench/*/src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [browserTests, generated, "test/demos/**", "test/integration/**"],
        },
      },
      {
        // Real processes, sockets and disks: one file at a time, so that they do not starve each other.
        ...inNode,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          exclude: [browserTests],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...inNode,
        test: {
          name: "demos",
          include: ["test/demos/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        ...inBrowser,
        test: {
          name: "browser",
          include: [`packages/*/src/${browserTests}`, `test/${browserTests}`],
          sequence: { groupOrder: 3 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
                args: ["--no-sandbox"],
              },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
