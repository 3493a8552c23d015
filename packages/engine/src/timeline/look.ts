import type { AccountId } from "@sotto/protocol";
import type { Context } from "../context.ts";
import type { ConversationRecord } from "../conversation/conversation-record.ts";

/** Who looks, at what, and when (ms). `record`: undefined where nothing is known of the conversation but its lines. */
export type Look = Pick<Context, "store" | "people" | "sync" | "account"> & {
  now: number;
  record: ConversationRecord | undefined;
};

/** The person of this device, now. */
export function lookOf(context: Context, record: ConversationRecord | undefined): Look {
  const { store, people, sync, account, ports } = context;
  return { store, people, sync, account, record, now: ports.clock.now() };
}

/** Nothing of people whom the person has blocked. */
export function without(
  column: string,
  blocked: ReadonlySet<AccountId>,
): { sql: string; parameters: readonly string[] } {
  if (blocked.size === 0) return { sql: "", parameters: [] };
  const places = [...blocked].map(() => "?").join(", ");
  return { sql: ` and (${column} is null or ${column} not in (${places}))`, parameters: [...blocked] };
}
