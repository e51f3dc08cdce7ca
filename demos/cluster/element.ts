/** Builds pieces of a page. Text is always set as text, so that nobody's name is markup. */

type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** An element with its attributes and children. An attribute that is `null` or `false` is left out, `true` is empty. */
export const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) setAttribute(made, key, value);
  made.append(...children);
  return made;
};

/** Sets, or with `null` and `false` removes, an attribute; leaves alone what is so already. */
export const setAttribute = (
  target: Element,
  key: string,
  value: string | number | boolean | null,
): void => {
  const text = value === true ? "" : value === false || value === null ? null : String(value);
  if (target.getAttribute(key) === text) return;
  if (text === null) target.removeAttribute(key);
  else target.setAttribute(key, text);
};

/** Sets the text unless it is so already, so that a screen reader hears only what is new. */
export const setText = (target: Element, text: string): void => {
  if (target.textContent !== text) target.textContent = text;
};

/** The element of this page; throws if the page lacks it. */
export const required = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
};

/** A drawing in a square of 16 units, as wide as the text is high. It is an ornament: its meaning stands beside it as text. */
export const icon = (path: string): SVGSVGElement => {
  const namespace = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(namespace, "svg");
  drawing.setAttribute("viewBox", "0 0 16 16");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(namespace, "path");
  line.setAttribute("d", path);
  drawing.append(line);
  return drawing;
};

/** Copies to the clipboard, also on a page that is not served securely. Returns whether it could. */
export const copyText = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not allowed, or no secure page (another machine's address): the old way needs a selection.
    const holder = element("textarea", { class: "visually-hidden", readonly: true });
    holder.value = text;
    document.body.append(holder);
    holder.select();
    const isCopied = document.execCommand("copy");
    holder.remove();
    return isCopied;
  }
};
