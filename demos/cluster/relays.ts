/** What a page of `syncline dev` can ask of the cluster: how its relays are, and to end or start one. */

/** One log of a space, as far as a relay has it on its disk. */
export interface LogStatus {
  readonly incarnation: string;
  /** The relay that admits into it, if it is known. */
  readonly home: string | null;
  /** Its last batch there; the first has number 1. */
  readonly number: number;
}

/** What a relay says of one space. */
export interface SpaceStatus {
  readonly vector: Readonly<Record<string, number>>;
  readonly logs: readonly LogStatus[];
  readonly sessions: number;
  readonly isOpen: boolean;
}

/** What a relay says of itself. */
export interface RelayStatus {
  readonly incarnation: string;
  readonly links: Readonly<Record<string, "connected" | "unreachable" | "unknown">>;
  /** Null while nobody there has opened the space. */
  readonly space: SpaceStatus | null;
}

/** A relay as the command that started it knows it. */
export interface Relay {
  readonly id: string;
  readonly url: string;
  readonly isUp: boolean;
  readonly pid: number | null;
  readonly health: { readonly status: string; readonly reasons?: readonly string[] } | null;
  /** Null while it does not answer. */
  readonly status: RelayStatus | null;
}

const answerTimeMaxMs = 4000;
/** A start waits for the relay to read its disk. */
const startTimeMaxMs = 40_000;

/** Every relay of the cluster, and how far each is with this space. Rejects if the page was not served by `syncline dev`. */
export const askRelays = async (space: string | null): Promise<readonly Relay[]> => {
  const query = space === null ? "" : `?space=${encodeURIComponent(space)}`;
  const response = await fetch(`/api/relays${query}`, {
    signal: AbortSignal.timeout(answerTimeMaxMs),
  });
  const relays: unknown = response.ok ? await response.json() : null;
  if (!Array.isArray(relays)) throw new Error("this page was not served by syncline dev");
  return relays as readonly Relay[];
};

/** Ends the relay's process without warning (`kill -9`), or starts it. Rejects with what went wrong, in words. */
export const switchRelay = async (id: string, action: "kill" | "start"): Promise<void> => {
  const response = await fetch(`/api/relays/${id}/${action}`, {
    method: "POST",
    signal: AbortSignal.timeout(startTimeMaxMs),
  });
  if (response.ok) return;
  const answer = (await response.json()) as { readonly error?: { readonly message?: string } };
  throw new Error(answer.error?.message ?? `the answer was ${response.status}`);
};
