import type { Store } from "@sotto/engine";
import { KIND, decodeDeviceFrame, type AccountId, type ConversationId } from "@sotto/protocol";
import type { SimulatedDevice } from "./simulated-device.ts";

type Database = Pick<Store, "all">;
type Row = { id: ConversationId; kind: number; counter: number; roll: string };

/**
 * Has the person let anybody in here, before the post that was sealed last? Decided from what the database holds of it, in fewer words than
 * the product has: whoever is verified or called something may have been so for another reason.
 */
function isStrangers(database: Database, account: AccountId, { id, kind, counter, roll }: Row): boolean {
  // Whoever has written there has decided.
  if (counter > 1) return false;
  const one = (sql: string, parameters: readonly string[]): boolean => database.all(sql, parameters).length > 0;
  if (one("select 1 from counters where conversation = ? and account = ?", [id, account])) return false;
  const starters = database.all("select account from starters where conversation = ?", [id]);
  const { members } = JSON.parse(roll) as { members: { account: AccountId }[] };
  const others = kind === KIND.direct ? members.flatMap((each) => (each.account === account ? [] : each.account)) : [];
  const [starter = others[0]] = starters.map((row) => row["account"] as AccountId);
  if (starter === account) return false;
  const known = [`accepted/${id}`, ...(starter === undefined ? [] : [`name/${starter}`, `trust/${starter}`])];
  return !one("select 1 from sync where value is not null and key in (select value from json_each(?))", [
    JSON.stringify(known),
  ]);
}

const ASKED = `select c.id, c.kind, c.counter, r.roll from conversations c join rolls r on r.conversation = c.id
  where c.kind in (${KIND.direct}, ${KIND.group}) and c.created_here = 0 and c.asked_for = 0`;

/** Conversations of strangers in which a device has just sealed something, or wants to change something (T15, T87, T93). */
export function sealedForStrangers(store: Database, account: AccountId): ConversationId[] {
  const rows = store.all(
    `${ASKED} and (c.id in (select conversation from journal) or c.id in (select conversation from pending_commits))`,
  ) as Row[];
  return rows.filter((row) => isStrangers(store, account, row)).map(({ id }) => id);
}

/** A signal is small and says so itself; whatever is larger isn't looked into. */
const SIGNAL_FRAME_BYTES_MAX = 600;

/** The conversation in which a frame says that somebody is writing, or has stopped. */
export function signalIn(frame: Uint8Array): ConversationId | undefined {
  if (frame.length > SIGNAL_FRAME_BYTES_MAX) return undefined;
  const read = decodeDeviceFrame(frame);
  if (read?.type !== "request" || !Array.isArray(read.body) || read.body[0] !== "signal.send") return undefined;
  return (read.body[1] as { conversation: ConversationId }).conversation;
}

/** Has the person of this device let in nobody there yet? */
export function isOfStrangers(device: SimulatedDevice, account: AccountId, conversation: ConversationId): boolean {
  const database: Database = { all: (sql, parameters) => device.peek(sql, parameters) };
  const rows = device.peek(`${ASKED} and c.id = ?`, [conversation]) as Row[];
  return rows.some((row) => isStrangers(database, account, row));
}
