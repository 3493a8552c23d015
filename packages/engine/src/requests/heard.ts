import { KIND, type AccountId, type BetweenDevices, type ConversationId, type Seq } from "@sotto/protocol";
import type { Context } from "../context.ts";
import type { ConversationRecord } from "../conversation/conversation-record.ts";
import { bytesOrNull, numberOf, textOf, textOrNull } from "../rows.ts";
import { noteShown } from "../people/own-profile.ts";
import { takeReceipt } from "../presence/receipts.ts";
import { isRequest } from "./requests.ts";

/** What somebody says of themselves in a conversation: encoded (person-content.ts), and when by their own clock, in ms. */
type Said = { account: AccountId; profile: Uint8Array; at: number };

/** Takes what somebody calls themselves. What strangers say waits until the person has let them in (T15). Inside a transaction. */
export function hearName(context: Context, record: ConversationRecord, account: AccountId, name: string): void {
  if (account === context.account || !isRequest(context, record)) return context.people.setDisplayName(account, name);
  context.store.run(
    `insert into heard (conversation, account, name, profile, at) values (?, ?, ?, null, 0)
     on conflict (conversation, account) do update set name = excluded.name`,
    [record.id, account, name],
  );
}

/** The same of their profile. */
function hearProfile(context: Context, record: ConversationRecord, { account, profile, at }: Said): void {
  // Nobody shows themselves in open rooms: whoever does it there does it to strangers.
  if (record.kind === KIND.room) return;
  if (account === context.account) return noteShown(context, record, profile);
  if (!isRequest(context, record)) return context.people.setProfile(account, profile, at);
  context.store.run(
    `insert into heard (conversation, account, name, profile, at) values (?, ?, null, ?, ?)
     on conflict (conversation, account) do update set profile = excluded.profile, at = excluded.at where excluded.at >= heard.at`,
    [record.id, account, profile, at],
  );
}

/** What a device says about its person, where only devices read. Inside the transaction that keeps the post's place. */
export function takeSaid(
  context: Context,
  record: ConversationRecord,
  said: { what: BetweenDevices; account: AccountId; bytes: Uint8Array; at: number; seq: Seq },
): void {
  if (said.what === "receipt") takeReceipt(context, record, said);
  if (said.what === "person") hearProfile(context, record, { account: said.account, profile: said.bytes, at: said.at });
}

/** What was heard counts from here on. Inside a transaction. */
export function sayHeard({ store, people }: Context, conversation: ConversationId): void {
  for (const row of store.all("select account, name, profile, at from heard where conversation = ?", [conversation])) {
    const account = textOf(row, "account") as AccountId;
    const [name, profile] = [textOrNull(row, "name"), bytesOrNull(row, "profile")];
    if (name !== null) people.setDisplayName(account, name);
    if (profile !== null) people.setProfile(account, profile, numberOf(row, "at"));
  }
  store.run("delete from heard where conversation = ?", [conversation]);
}
