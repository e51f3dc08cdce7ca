/** CodeMirror on a shared text. */
import { defaultKeymap } from "@codemirror/commands";
import { markdown } from "@codemirror/lang-markdown";
import { defaultHighlightStyle, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import type * as Y from "yjs";
import { remoteCursors } from "./remote-cursors.ts";
import type { Presence } from "./session.ts";

/** An editor that shows the text and changes it. `label` is its name for those who do not see it. */
export const createTextEditor = (
  text: Y.Text,
  presence: Presence,
  { parent, label }: { readonly parent: HTMLElement; readonly label: string },
): EditorView =>
  new EditorView({
    parent,
    doc: text.toJSON(),
    extensions: [
      // A carriage return that another program wrote is a character like others. Were it a line's end, positions here and in the text would differ by one
      // after it, and every edit would go to the wrong place.
      EditorState.lineSeparator.of("\n"),
      EditorView.clipboardInputFilter.of((pasted) => pasted.replaceAll(/\r\n?/gu, "\n")),
      keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
      markdown(),
      syntaxHighlighting(highlightStyle),
      placeholder("Write something. **Markdown** is coloured a little."),
      yCollab(text, null),
      remoteCursors(text, presence),
    ],
  });

/** CodeMirror's own style, with the page's colours in place of its own, which are for white paper only. */
const highlightStyle = HighlightStyle.define(
  defaultHighlightStyle.specs.map((spec) => ({
    ...spec,
    ...("color" in spec ? { color: "var(--syntax)" } : {}),
    ...("fontWeight" in spec ? { textDecoration: "none" } : {}),
  })),
);
