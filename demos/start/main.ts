/** The start page: where the relays are, in a list and in the examples, ready to be copied. */
import { copyText, element, required, setText } from "../cluster/element.ts";
import { askRelays, type Relay } from "../cluster/relays.ts";

const pollMs = 2000;

const start = (): void => {
  for (const button of document.querySelectorAll<HTMLElement>("[data-copy]")) {
    button.addEventListener("click", () => void copyExample(button));
  }
  void poll();
};

const poll = async (): Promise<void> => {
  const problem = required("#problem");
  try {
    const relays = await askRelays(null);
    problem.hidden = true;
    showRelays(relays);
    fill("url", relays.slice(0, 1));
    fill("urls", relays);
  } catch {
    problem.hidden = false;
    setText(problem, "No relays are found. Start them with: npm start");
  }
  setTimeout(() => void poll(), pollMs);
};

let drawn = "";

const showRelays = (relays: readonly Relay[]): void => {
  const signature = JSON.stringify(relays.map(({ id, url, isUp }) => [id, url, isUp]));
  if (signature === drawn) return;
  drawn = signature;
  required("#relays").replaceChildren(
    ...relays.map(({ id, url, isUp }) =>
      element(
        "li",
        { "data-up": String(isUp) },
        element("strong", {}, id),
        element("code", {}, url),
        element("span", { class: "visually-hidden" }, isUp ? "up" : "down"),
      ),
    ),
  );
};

/** Puts addresses into the examples: one as a text, several as a list of texts. */
const fill = (place: "url" | "urls", relays: readonly Relay[]): void => {
  const texts = relays.map(({ url }) => JSON.stringify(url));
  const code =
    place === "url" ? (texts[0] ?? "") : `[\n${texts.map((text) => `  ${text},\n`).join("")}]`;
  for (const node of document.querySelectorAll(`[data-fill="${place}"]`)) setText(node, code);
};

const copyExample = async (button: HTMLElement): Promise<void> => {
  const example = button.parentElement?.querySelector("pre")?.textContent ?? "";
  setText(button, (await copyText(example)) ? "Copied" : "Select the text to copy it");
  setTimeout(() => setText(button, "Copy"), 1600);
};

start();
