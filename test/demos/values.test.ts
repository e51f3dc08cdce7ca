/** The demo of values as a user has it: the real command, a real browser, links cut and healed by hand. */
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, launchBrowser, openPage, sidewaysPixels } from "./browser.ts";
import { type DevCommand, startDevCommand } from "./dev-command.ts";

let dev: DevCommand;
let browser: Browser;

const problemsByPage = new Map<Page, readonly string[]>();

const openTopic = async (topic: string, viewport = { width: 1280, height: 900 }): Promise<Page> => {
  const { page, problems } = await openPage(browser, `${dev.url}values/#${topic}`, { viewport });
  problemsByPage.set(page, problems);
  await page.locator(".device").first().waitFor();
  return page;
};

const device = (page: Page, name: string) => page.locator(`[data-device="${name}"]`);
const press = (page: Page, name: string, button: string): Promise<void> =>
  device(page, name).getByRole("button", { name: button, exact: true }).click();
const type = async (page: Page, name: string, text: string, button: string): Promise<void> => {
  await device(page, name).locator(".field").first().fill(text);
  await press(page, name, button);
};
const valueAt = (page: Page, name: string): Promise<string> =>
  device(page, name).locator(".value").innerText();
const valuesOf = async (page: Page): Promise<readonly string[]> =>
  Promise.all(["phone", "laptop", "tablet"].map((name) => valueAt(page, name)));
const isAgreed = (page: Page): Promise<string | null> =>
  page.locator("#verdict").getAttribute("data-agreed");
const linkBetween = (page: Page, name: string) => page.getByRole("switch", { name });

/** All steps of the story; what the devices show then. */
const playStory = async (page: Page): Promise<readonly string[]> => {
  const next = page.locator("#next-step");
  while (await next.isVisible()) await next.click();
  await page.locator(".outcome").waitFor();
  return valuesOf(page);
};

describe.runIf(hasBrowser())("values", () => {
  beforeAll(async () => {
    [dev, browser] = await Promise.all([startDevCommand(), launchBrowser()]);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await dev?.close();
  });

  test("of a set on a cut link wait, differ, and converge when it heals: adding wins", async () => {
    const page = await openTopic("add-wins");
    await type(page, "laptop", "milk", "Add");
    await expect.poll(() => valueAt(page, "tablet")).toContain("milk");
    await press(page, "phone", "Cut off");
    await type(page, "phone", "milk", "Add");
    await device(page, "laptop").getByRole("button", { name: "Remove milk" }).click();

    await expect.poll(() => isAgreed(page)).toBe("false");
    expect(await valueAt(page, "phone")).toContain("milk");
    expect(await valueAt(page, "laptop")).toBe("empty");
    expect(await device(page, "phone").locator(".waiting").innerText()).toMatch(
      /1 change \(\d+ bytes\) for the laptop/u,
    );

    await press(page, "phone", "Link again");

    await expect.poll(() => isAgreed(page)).toBe("true");
    for (const value of await valuesOf(page)) expect(value).toContain("milk");
    expect(problemsByPage.get(page)).toEqual([]);
  });

  test("pass through a third device while one link of three is cut", async () => {
    const page = await openTopic("counter");
    await linkBetween(page, "Phone – Laptop").click();
    await press(page, "phone", "+ 1");
    await press(page, "laptop", "+ 1");
    await expect.poll(() => valuesOf(page)).toEqual(["2", "2", "2"]);

    await linkBetween(page, "Phone – Tablet").click();
    await press(page, "phone", "− 1");
    await expect.poll(() => valuesOf(page)).toEqual(["1", "2", "2"]);
    await linkBetween(page, "Phone – Laptop").click();

    await expect.poll(() => valuesOf(page)).toEqual(["1", "1", "1"]);
    expect(await isAgreed(page)).toBe("true");
    expect(problemsByPage.get(page)).toEqual([]);
  });

  test("of which the last writer wins show what they lost", async () => {
    const page = await openTopic("last-writer-wins");

    const values = await playStory(page);

    expect(values).toEqual(["Laptop’s title", "Laptop’s title", "Laptop’s title"]);
    expect(await device(page, "phone").locator(".losses").innerText()).toBe(
      "Phone’s title was lost",
    );
    expect(await page.locator(".losses li").count()).toBe(1);
    expect(problemsByPage.get(page)).toEqual([]);
  });

  test("with several versions keep them until somebody chooses", async () => {
    const page = await openTopic("multi-value");
    await press(page, "tablet", "Cut off");
    await type(page, "tablet", "here", "Write");
    await type(page, "phone", "there", "Write");
    await press(page, "tablet", "Link again");
    await expect.poll(() => device(page, "laptop").locator(".siblings li").count()).toBe(2);

    await device(page, "laptop").getByRole("button", { name: "Keep this" }).first().click();

    await expect.poll(() => valuesOf(page)).toEqual(["here", "here", "here"]);
    expect(problemsByPage.get(page)).toEqual([]);
  });

  test("below zero are refused, with a reason", async () => {
    const page = await openTopic("bounded-counter");
    await playStory(page);

    await press(page, "tablet", "Sell one");

    expect(await device(page, "tablet").locator(".refusal").innerText()).toContain("no right");
    expect(await device(page, "tablet").locator(".big-value").innerText()).toBe("0");
    expect(problemsByPage.get(page)).toEqual([]);
  });

  test.each([
    ["remove-wins", "empty"],
    ["flag", "on"],
    ["list", /1|wake up/u],
    ["record", /Fix the roof/u],
  ])("tell the story of %s to its end, and agree", async (topic, shown) => {
    const page = await openTopic(topic);

    const values = await playStory(page);

    expect(new Set(values).size).toBe(1);
    expect(values[0]).toMatch(shown);
    expect(await isAgreed(page)).toBe("true");
    await page.getByRole("button", { name: "Start over" }).click();
    await expect.poll(() => page.locator(".outcome").isVisible()).toBe(false);
    expect(problemsByPage.get(page)).toEqual([]);
  });

  test.each([390, 900])("fit into %i pixels, whichever type", async (width) => {
    const page = await openTopic("add-wins", { width, height: 844 });
    for (const tab of await page.locator("#topics a").all()) {
      await tab.click();
      await playStory(page);

      expect(await sidewaysPixels(page)).toBe(0);
    }
    expect(problemsByPage.get(page)).toEqual([]);
  });
});
