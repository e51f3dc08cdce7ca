/** The links between the devices: a switch for each, and what waits on it in both directions. */
import { element, setAttribute, setText } from "../cluster/element.ts";
import type { Link, World } from "./world.ts";

/** The panel's rows, and how to bring them up to date. */
export interface LinksPanel {
  readonly rows: readonly HTMLElement[];
  readonly update: () => void;
}

/** A row for each link. `told` says what was done, for people. */
export const createLinksPanel = (world: World, told: (text: string) => void): LinksPanel => {
  const made = world.links.map((link) => createRow(world, link, told));
  return {
    rows: made.map(({ row }) => row),
    update: () => {
      for (const { update } of made) update();
    },
  };
};

const createRow = (
  world: World,
  link: Link,
  told: (text: string) => void,
): { readonly row: HTMLElement; readonly update: () => void } => {
  const [left, right] = link.ends;
  const nameOf = (at: number): string => world.devices[at]?.name ?? "";
  const name = `${nameOf(left)} – ${nameOf(right)}`;
  const label = element("span");
  const control = element(
    "button",
    { class: "switch", type: "button", role: "switch", "aria-label": name },
    element("span", { class: "switch-track", "aria-hidden": "true" }),
    label,
  );
  const waiting = element("p", { class: "hint" });
  control.addEventListener("click", () => {
    const isUp = !link.isUp;
    told(`${name}: ${isUp ? "linked again" : "cut"}.`);
    world.setLink(link, isUp);
  });
  const row = element("div", { class: "link card" }, element("strong", {}, name), control, waiting);
  const update = (): void => {
    setAttribute(control, "aria-checked", String(link.isUp));
    setText(label, link.isUp ? "linked" : "cut");
    setAttribute(row, "data-up", String(link.isUp));
    const [forth, back] = [world.waiting(left, right), world.waiting(right, left)];
    const texts = [
      [forth.byteCount, nameOf(right)] as const,
      [back.byteCount, nameOf(left)] as const,
    ].flatMap(([count, to]) => (count > 0 ? [`${count} bytes for the ${to.toLowerCase()}`] : []));
    setText(waiting, texts.length > 0 ? `Waiting: ${texts.join(", ")}` : "Nothing waits.");
  };
  return { row, update };
};
