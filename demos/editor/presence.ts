/** The people in a document, as small round signs with initials. */
import { element } from "../cluster/element.ts";
import type { Presence } from "./session.ts";
import { initialsOf, type PresentUser, presentUsers } from "./users.ts";

const shownMax = 5;

/** A list that follows who is there. */
export const createPresenceList = (presence: Presence): HTMLElement => {
  const list = element("ul", { class: "people", "aria-label": "People in this document" });
  let drawn = "";
  const draw = (): void => {
    const people = presentUsers(presence);
    // Every movement of a cursor comes here; only names and colours are shown.
    const signature = JSON.stringify(people);
    if (signature === drawn) return;
    drawn = signature;
    const rest = people.length - shownMax;
    list.replaceChildren(
      ...people.slice(0, shownMax).map(drawPerson),
      ...(rest > 0 ? [element("li", { class: "person is-rest" }, `+${rest}`)] : []),
    );
  };
  presence.on("change", draw);
  draw();
  return list;
};

const drawPerson = ({ user, isSelf }: PresentUser): HTMLElement => {
  const title = isSelf ? `${user.name} (you)` : user.name;
  return element(
    "li",
    { class: isSelf ? "person is-self" : "person", title, style: `--user: ${user.color}` },
    element("span", { "aria-hidden": "true" }, initialsOf(user.name)),
    element("span", { class: "visually-hidden" }, title),
  );
};
