/** A device on the page: what it sees, what one can do there, its state in bytes, and what waits at its links. */
import { element, setText } from "../cluster/element.ts";
import { type Hands, refusalText, showControls, showValue } from "./value-view.ts";
import type { Loss } from "./losses.ts";

/** A card, and how to bring it up to date. */
export interface DeviceCard {
  readonly card: HTMLElement;
  readonly update: (losses: readonly Loss[]) => void;
}

/** The card of the device at this place. `told` says what was done, for people. */
export const createDeviceCard = (
  hands: Omit<Hands, "change">,
  told: (text: string) => void,
): DeviceCard => {
  const { world, at } = hands;
  const device = world.devices[at];
  if (device === undefined) throw new Error(`no device ${at}`);
  const link = element("span", { class: "connection" });
  const toggle = element("button", { class: "quiet-button", type: "button" });
  const isCutOff = (): boolean => !world.links.some(({ ends, isUp }) => isUp && ends.includes(at));
  toggle.addEventListener("click", () => {
    const isUp = isCutOff();
    told(`${device.name}: ${isUp ? "linked again" : "cut off"}.`);
    world.setLinksOf(at, isUp);
  });
  const value = element("div", { class: "value" });
  const refusal = element("p", { class: "refusal", role: "alert", hidden: true });
  const lost = element("ul", { class: "losses" });
  const size = element("summary");
  const bytes = element("code", { class: "bytes" });
  const waiting = element("p", { class: "waiting" });
  const change: Hands["change"] = (mutator, ...rest) => {
    refusal.hidden = true;
    try {
      world.change(at, mutator, ...rest);
    } catch (error) {
      refusal.hidden = false;
      setText(refusal, refusalText(error));
    }
  };
  const full: Hands = { ...hands, change };
  const card = element(
    "article",
    { class: "device card", "data-device": device.name.toLowerCase(), "aria-label": device.name },
    element("header", {}, element("h3", {}, device.name), link, toggle),
    value,
    lost,
    element("div", { class: "controls" }, ...showControls(full)),
    refusal,
    element("footer", {}, waiting, element("details", {}, size, bytes)),
  );

  const update = (losses: readonly Loss[]): void => {
    value.replaceChildren(...showValue(full));
    lost.replaceChildren(
      ...losses
        .filter(({ author }) => author === device.name)
        .map((loss) => element("li", {}, element("s", {}, String(loss.value)), " was lost")),
    );
    const up = world.links.filter(({ ends, isUp }) => ends.includes(at) && isUp).length;
    card.dataset["links"] = String(up);
    setText(toggle, isCutOff() ? "Link again" : "Cut off");
    setText(link, (["cut off", "one link", "connected"] as const)[up] ?? "");
    const clock = device.skewMs === 0 ? "" : `Its clock is ${-device.skewMs / 1_000} s slow. `;
    setText(waiting, clock + waitingText(hands));
    const state = world.type.encode(device.state);
    setText(size, `State: ${state.length} ${state.length === 1 ? "byte" : "bytes"}`);
    setText(bytes, hexOf(state));
  };
  return { card, update };
};

const waitingText = ({ world, at }: Omit<Hands, "change">): string => {
  const texts = world.devices.flatMap(({ name }, to) => {
    const { changeCount, byteCount } =
      to === at ? { changeCount: 0, byteCount: 0 } : world.waiting(at, to);
    if (byteCount === 0) return [];
    const changes = changeCount === 1 ? "1 change" : `${changeCount} changes`;
    return [`${changes} (${byteCount} bytes) for the ${name.toLowerCase()}`];
  });
  return texts.length === 0 ? "Nothing waits to be sent." : `Waiting: ${texts.join(", ")}.`;
};

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
