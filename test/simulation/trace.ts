/** A run as text: `from > to  message`, and between these lines what happened to the cluster, as in the golden traces. */
import type { SpaceMessage } from "@syncline/gossip";
import type { WorldEvent } from "@syncline/simulator";
import { describe, type NameOf } from "../gossip/traces.ts";

/** Writes down what happens. With `isWhole` also each input of each machine, and all times. */
export interface Recorder {
  readonly observe: (event: WorldEvent<SpaceMessage>) => void;
  readonly lines: readonly string[];
}

/** A recorder with nothing written. Logs are called by the first letters of their incarnations, unless `nameOf` knows better. */
export const createRecorder = (isWhole: boolean, nameOf?: NameOf): Recorder => {
  const lines: string[] = [];
  const put = (atMs: number, text: string): void => {
    lines.push(isWhole ? `${atMs} ${text}` : text);
  };
  return {
    lines,
    observe: (event) => {
      if (event.kind === "note") put(event.atMs, `-- ${event.text}`);
      if (event.kind === "sent") {
        put(event.atMs, `${event.from} > ${event.to}  ${describe(event.message, nameOf)}`);
      }
      if (event.kind === "input" && isWhole) put(event.atMs, `${event.node} < ${inputText(event)}`);
    },
  };
};

const inputText = ({ input }: Extract<WorldEvent<SpaceMessage>, { kind: "input" }>): string => {
  switch (input.kind) {
    case "woken":
      return "woken";
    case "loaded":
      return `loaded ${input.token} with ${input.rows.length} rows`;
    case "received":
      return `${input.from}: ${describe(input.message as SpaceMessage)}`;
    case "submitted":
      return `asked ${(input.request as { readonly kind: string }).kind}`;
  }
};
