import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type DemoServer, serveDemos } from "./demo-server.ts";
import { findDemos } from "./demos-directory.ts";
import { createPanelApi, type RelayReport } from "./panel-api.ts";
import type { RelayProcess } from "./relay-process.ts";

const demos = mkdtempSync(join(tmpdir(), "demos-"));

const files = {
  "index.html": "<title>start</title>",
  "editor/index.html": "<title>editor</title>",
  "editor/main.ts": "secret",
  "editor/package.json": "secret",
  "editor/dist/main.js": "editor();",
  ".hidden/index.html": "secret",
};

beforeAll(() => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(demos, path)), { recursive: true });
    writeFileSync(join(demos, path), text);
  }
});

afterAll(() => rmSync(demos, { recursive: true, force: true }));

/** Does what a process would, without one. Nothing listens at its address. */
const pretendedRelay = (id: string): RelayProcess => {
  let isUp = true;
  return {
    id,
    port: 1,
    url: "ws://127.0.0.1:1",
    get isUp() {
      return isUp;
    },
    get pid() {
      return isUp ? 7 : null;
    },
    start: async () => {
      isUp = true;
    },
    kill: async () => {
      isUp = false;
    },
    stop: async () => {
      isUp = false;
    },
  };
};

let page: DemoServer | null = null;

const serve = async (host = "127.0.0.1") => {
  const relays = ["a", "b"].map(pretendedRelay);
  page = await serveDemos({
    host,
    port: 0,
    demosDirectory: demos,
    api: createPanelApi(relays, host),
  });
  return { relays, url: page.url, origin: page.url.slice(0, -1) };
};

afterEach(() => page?.close());

/** `fetch` would not send these headers, and would tidy the path. */
const ask = (
  url: string,
  {
    method = "GET",
    path,
    headers = {},
  }: { method?: string; path: string; headers?: Record<string, string> },
): Promise<{ status: number; text: string; headers: Readonly<Record<string, unknown>> }> =>
  new Promise((resolve, reject) => {
    request(url, { method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
      );
    })
      .on("error", reject)
      .end();
  });

describe("the page", () => {
  test.each(["/", "/index.html", "/editor/", "/editor/dist/main.js"])("has %s", async (path) => {
    const { url } = await serve();

    const { status, headers } = await ask(url, { path });

    expect(status).toBe(200);
    expect(headers["content-security-policy"]).toContain("default-src 'self'");
  });

  test.each([
    "/editor/main.ts",
    "/editor/main%2ets",
    "/editor/package.json",
    "/.hidden/index.html",
    "/../../etc/hosts",
    "/editor/..%2f..%2fpackage.json",
    "//editor/",
    "/nothing/",
  ])("does not give out %s", async (path) => {
    const { url } = await serve();

    const { status, text } = await ask(url, { path });

    expect(status).toBe(404);
    expect(text).not.toContain("secret");
  });

  test("adds a forgotten slash, so that a demo finds its files", async () => {
    const { url } = await serve();

    const { status, headers } = await ask(url, { path: "/editor?room=x" });

    expect([status, headers["location"]]).toEqual([302, "/editor/?room=x"]);
  });

  test("survives a range that ends before it begins", async () => {
    const { url } = await serve();

    const { status } = await ask(url, { path: "/", headers: { range: "bytes=5-2" } });

    expect(status).toBe(200);
  });

  test("says that its port is taken", async () => {
    const { url } = await serve();
    const again = serveDemos({
      host: "127.0.0.1",
      port: Number(new URL(url).port),
      demosDirectory: demos,
      api: () => {},
    });

    await expect(again).rejects.toMatchObject({ code: "PORT_IN_USE" });
  });
});

describe("the panel's requests", () => {
  test("tell of every relay, also of one that does not answer", async () => {
    const { url } = await serve();

    const { status, text } = await ask(url, { path: "/api/relays?space=x" });

    const reports = JSON.parse(text) as readonly RelayReport[];
    expect(status).toBe(200);
    expect(reports[1]).toEqual({
      id: "b",
      url: "ws://127.0.0.1:1",
      isUp: true,
      pid: 7,
      health: null,
      status: null,
    });
  });

  test("name relays as the page was named", async () => {
    const { url } = await serve();

    const { text } = await ask(url, { path: "/api/relays", headers: { host: "[fe80::1]:8080" } });

    expect((JSON.parse(text) as readonly RelayReport[])[0]?.url).toBe("ws://[fe80::1]:1");
  });

  test("end a relay, then start it", async () => {
    const { url, origin, relays } = await serve();

    await ask(url, { method: "POST", path: "/api/relays/b/kill", headers: { origin } });
    const isUpAfterKill = relays[1]?.isUp;
    const { text } = await ask(url, {
      method: "POST",
      path: "/api/relays/b/start",
      headers: { origin },
    });

    expect(isUpAfterKill).toBe(false);
    expect(JSON.parse(text)).toEqual({ id: "b", isUp: true, pid: 7 });
  });

  test.each([
    ["another site's page", { origin: "http://evil.example" }],
    ["a page at another port", { origin: "http://127.0.0.1:1" }],
    ["a page without an origin", { origin: "null" }],
    [
      "a name that was made to mean this machine",
      { origin: "http://evil.example", host: "evil.example" },
    ],
    ["nobody that says who", {}],
  ])("are refused to %s", async (_who, headers) => {
    const { url, relays } = await serve();

    const { status } = await ask(url, { method: "POST", path: "/api/relays/b/kill", headers });

    expect(status).toBe(403);
    expect(relays[1]?.isUp).toBe(true);
  });

  test.each([
    ["POST", "/api/relays/z/kill", 404],
    ["POST", "/api/relays/b/explode", 404],
    ["GET", "/api/relays/b/kill", 405],
    ["POST", "/api/relays", 405],
    ["GET", "/api/", 404],
  ])("%s %s is answered with %d", async (method, path, expected) => {
    const { url, origin } = await serve();

    const { status } = await ask(url, { method, path, headers: { origin } });

    expect(status).toBe(expected);
  });
});

describe("the demos' directory", () => {
  test("is given as an absolute path", () => {
    expect(findDemos(demos)).toBe(demos);
  });

  test("must be there", () => {
    expect(() => findDemos(join(demos, "nowhere"))).toThrowError(/no demos in/u);
  });

  test("must be built", () => {
    const unbuilt = mkdtempSync(join(tmpdir(), "demos-"));
    mkdirSync(join(unbuilt, "editor"));
    writeFileSync(join(unbuilt, "index.html"), "");
    writeFileSync(join(unbuilt, "editor", "main.ts"), "");

    expect(() => findDemos(unbuilt)).toThrowError(/not built.*editor/u);
    rmSync(unbuilt, { recursive: true });
  });
});
