/** What happened, in words: the newest first, each with its time. */
import { element } from "../cluster/element.ts";

const shownMax = 40;

/** Adds sentences to a list of the page. Returns how. */
export const createHappenings = (list: HTMLElement): ((sentence: string) => void) => {
  return (sentence) => {
    const time = new Date().toLocaleTimeString([], { hour12: false });
    list.prepend(element("li", {}, element("time", {}, time), element("span", {}, sentence)));
    while (list.children.length > shownMax) list.lastElementChild?.remove();
  };
};
