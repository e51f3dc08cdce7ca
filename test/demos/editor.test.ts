/** The editor demo as a user has it: the real command, real relays, a real browser. */
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  hasBrowser,
  launchBrowser,
  openPage,
  sidewaysPixels,
  type WatchedPage,
} from "./browser.ts";
import { type DevCommand, startDevCommand } from "./dev-command.ts";

const settleTimeMaxMs = 20_000;
/** Edits in which each step should have been seen at least once. */
const editsMax = 20;
const settled = { timeout: settleTimeMaxMs, interval: 50 };

let dev: DevCommand;
let browser: Browser;
let roomCount = 0;

/** A document of its own for each test. */
const newRoom = (): string => `editor/test-${(roomCount += 1)}`;

const openEditor = (room: string, relay: string): Promise<WatchedPage> =>
  openPage(browser, `${dev.url}editor/?room=${room}&pane=1&relay=${relay}`);

/** The text, without what is drawn over it: others' cursors, and the hint in an empty one. */
const textOf = (page: Page): Promise<string> =>
  page.locator(".cm-content").evaluate((content) =>
    [...content.querySelectorAll(".cm-line")]
      .map((line) => {
        const copy = line.cloneNode(true) as Element;
        for (const drawn of copy.querySelectorAll(".remote-cursor, .cm-placeholder")) {
          drawn.remove();
        }
        return copy.textContent;
      })
      .join("\n"),
  );

const type = async (page: Page, text: string): Promise<void> => {
  await page.locator(".cm-content").focus();
  await page.keyboard.type(text, { delay: 10 });
};

const relayOf = (page: Page): Promise<string> => page.locator(".pane-relay").innerText();

const isAt = async (page: Page, relay: string): Promise<void> => {
  await expect.poll(() => relayOf(page), settled).toBe(`at relay ${relay}`);
};

const badgeOf = (page: Page): Promise<string> => page.locator(".badge-label").innerText();

const hasHappened = (page: Page, sentence: string | RegExp): Promise<void> =>
  page
    .locator("#happenings li", { hasText: sentence })
    .first()
    .waitFor({ timeout: settleTimeMaxMs });

/** Keeps every text that the badge shows from now on, and forgets what it showed before. */
const recordBadge = (page: Page): Promise<void> =>
  page.locator(".badge").evaluate((badge) => {
    const shown: string[] = [];
    new MutationObserver(() => {
      const text = badge.querySelector(".badge-label")?.textContent ?? "";
      if (shown.at(-1) !== text) shown.push(text);
    }).observe(badge, { attributes: true, childList: true, characterData: true, subtree: true });
    Object.assign(globalThis, { shownByBadge: shown });
  });

const shownByBadge = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => (globalThis as unknown as { shownByBadge: readonly string[] }).shownByBadge);

/** A browser reports each connection that is refused, and nobody can keep it from that. */
const withoutRefusals = (problems: readonly string[]): readonly string[] =>
  problems.filter((problem) => !/^WebSocket connection to '.*' failed/u.test(problem));

describe.runIf(hasBrowser())("the editor", () => {
  beforeAll(async () => {
    browser = await launchBrowser();
    dev = await startDevCommand();
  });

  afterAll(async () => {
    await browser?.close();
    await dev?.close();
  });

  test("shows two people at two relays one text", async () => {
    const room = newRoom();
    const [left, right] = await Promise.all([openEditor(room, "a"), openEditor(room, "b")]);
    await Promise.all([isAt(left.page, "a"), isAt(right.page, "b")]);

    await Promise.all([type(left.page, "from the left "), type(right.page, "from the right ")]);

    await expect.poll(() => textOf(left.page), settled).toContain("from the right ");
    await expect.poll(() => textOf(right.page), settled).toContain("from the left ");
    await expect
      .poll(async () => (await textOf(left.page)) === (await textOf(right.page)), settled)
      .toBe(true);
    expect([...left.problems, ...right.problems]).toEqual([]);
  });

  test("shows each the other's name and cursor", async () => {
    const room = newRoom();
    const [left, right] = await Promise.all([openEditor(room, "a"), openEditor(room, "b")]);
    await Promise.all([isAt(left.page, "a"), isAt(right.page, "b")]);

    await left.page.locator(".name").fill("Ada");
    await type(left.page, "here");
    await type(right.page, "there");

    const [atRight, atLeft] = [right, left].map(({ page }) => page.locator(".remote-name"));
    await expect.poll(() => atRight?.innerText(), settled).toBe("Ada");
    await expect.poll(() => atLeft?.count(), settled).toBe(1);
    await left.page.locator(".name").fill("Grace");
    await expect.poll(() => atRight?.innerText(), settled).toBe("Grace");
    expect(await right.page.locator(".person").allInnerTexts()).toHaveLength(2);
  });

  test("says how far an edit has come, step by step", async () => {
    const steps = ["on this device", "on 1 relay", "saved: on 2 of 3", "saved: on 3 of 3"];
    const { page } = await openEditor(newRoom(), "a");
    await isAt(page, "a");
    await expect.poll(() => badgeOf(page), settled).toBe("no edits of yours yet");

    // Two disks may answer in the same moment, and an edit then skips a step; so there is more than one.
    const seen = new Set<string>();
    for (let edit = 0; edit < editsMax && seen.size < steps.length; edit += 1) {
      await recordBadge(page);
      await type(page, "x");
      await expect.poll(() => shownByBadge(page), settled).toContain(steps.at(-1));
      const shown = await shownByBadge(page);
      expect(shown).toEqual(steps.filter((step) => shown.includes(step)));
      expect(shown[0]).toBe(steps[0]);
      for (const step of shown) seen.add(step);
    }

    expect([...seen].toSorted()).toEqual(steps.toSorted());
  });

  test("goes on when a relay is killed, and sees it catch up", async () => {
    const room = newRoom();
    const [left, right] = await Promise.all([openEditor(room, "a"), openEditor(room, "b")]);
    await Promise.all([isAt(left.page, "a"), isAt(right.page, "b")]);
    await type(left.page, "before ");
    await expect.poll(() => badgeOf(left.page), settled).toBe("saved: on 3 of 3");

    await left.page.getByRole("button", { name: "Kill relay b" }).click();
    await hasHappened(left.page, "Relay b is down.");
    await isAt(right.page, "c");
    await Promise.all([type(left.page, "meanwhile "), type(right.page, "also ")]);
    await expect.poll(() => badgeOf(right.page), settled).toBe("saved: on 2 of 3");
    await left.page.getByRole("button", { name: "Start relay b" }).click();
    await hasHappened(left.page, /Relay b caught up: \d+ batch/u);
    await expect.poll(() => badgeOf(right.page), settled).toBe("saved: on 3 of 3");

    await type(left.page, "after");
    await expect.poll(() => textOf(right.page), settled).toContain("after");
    const text = await textOf(left.page);
    expect(await textOf(right.page)).toBe(text);
    for (const part of ["before ", "meanwhile ", "also "]) expect(text).toContain(part);
    expect(withoutRefusals([...left.problems, ...right.problems])).toEqual([]);
  });

  test("keeps what is typed offline until it can be saved", async () => {
    const { page, problems } = await openPage(browser, `${dev.url}editor/?room=${newRoom()}`);
    const [left, right] = ["left", "right"].map((place) => page.locator(`[data-place=${place}]`));
    await expect.poll(() => left?.locator(".pane-relay").innerText(), settled).toBe("at relay a");

    await left?.getByRole("switch").click();
    await left?.locator(".cm-content").click();
    await page.keyboard.type("alone");
    await expect
      .poll(() => left?.locator(".badge-label").innerText(), settled)
      .toBe("on this device, waiting for a relay");
    await left?.getByRole("switch").click();

    await expect.poll(() => right?.locator(".cm-content").innerText(), settled).toContain("alone");
    await expect
      .poll(() => left?.locator(".badge-label").innerText(), settled)
      .toBe("saved: on 3 of 3");
    expect(problems).toEqual([]);
  });

  test.each(["", "editor/"])("fits a phone: /%s", async (path) => {
    const viewport = { width: 360, height: 740 };
    const { page, problems } = await openPage(browser, `${dev.url}${path}`, {
      viewport,
      hasTouch: true,
    });
    await page.locator("#relays > *").nth(2).waitFor();
    if (path !== "") await page.locator(".cm-content").nth(1).waitFor();

    const pixels = await sidewaysPixels(page);

    expect(pixels).toBeLessThanOrEqual(0);
    expect(problems).toEqual([]);
  });

  test("says what is wrong with a document's name", async () => {
    const { page } = await openPage(browser, `${dev.url}editor/?room=a//b`);

    await expect
      .poll(() => page.locator("#problem").innerText(), settled)
      .toContain("empty segment");
  });
});
