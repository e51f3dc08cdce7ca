/** A real Chromium, or a line that says why there is none. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Whether tests in a browser can run. Where everything must be checked (`CI`) they run, and fail, without one, too. */
export const hasBrowser = (): boolean => {
  if (existsSync(executablePath) || process.env["CI"]) return true;
  console.warn(`No Chromium at ${executablePath}: skipped. Install one, or name it in CHROMIUM.`);
  return false;
};

/** A browser that reaches for nothing by itself. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });

/** A page, and what went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors in the console, exceptions, and requests to anywhere but this machine. */
  readonly problems: readonly string[];
}

/** A page in a context of its own, like another person's browser. */
export const openPage = async (
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> => {
  const page = await (await browser.newContext(options)).newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== "data:" && hostname !== "127.0.0.1") problems.push(`asks ${request.url()}`);
  });
  await page.goto(url);
  return { page, problems };
};

/** By how many pixels the page is wider than what is seen of it. */
export const sidewaysPixels = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
