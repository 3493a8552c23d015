import * as v from "valibot";
import { DeviceId, toHex, type ConversationId } from "@sotto/protocol";
import type { ArchiveRecord, Key } from "@sotto/delivery";
import { bytesOf, numberOf, type Database } from "./database.ts";

/**
 * Different records of one device under one key. A device writes one; after a crash it may seal the same key anew. Beyond this
 * somebody plays, and what others need is never hidden behind it.
 */
const RIVALS_MAX = 4;

/** Called inside one transaction. A repeat after a lost answer adds nothing; a different record stands beside the first. */
export function storeArchive(database: Database, account: Key, device: Key, records: readonly ArchiveRecord[]): void {
  for (const { conversation, key, record } of records) {
    const own = database.all(
      "select record = ?5 as same from archive where account = ?1 and conversation = ?2 and name = ?3 and device = ?4",
      account,
      conversation,
      key,
      device,
      record,
    );
    if (own.length >= RIVALS_MAX || own.some(({ same }) => same === 1)) continue;
    database.run(
      `insert into archive (account, conversation, position, device, name, record)
       values (?1, ?2, (select coalesce(max(position), 0) + 1 from archive where account = ?1 and conversation = ?2), ?3, ?4, ?5)`,
      account,
      conversation,
      device,
      key,
      record,
    );
  }
}

type Search = { account: Key; conversation: ConversationId; keys: readonly Uint8Array[]; bytesMax: number };
type Found = { key: Uint8Array; writer: DeviceId; record: Uint8Array };

/** In rounds: the first record of each device under each key, then the second ones, until `bytesMax` is reached. */
export function findArchive(database: Database, { account, conversation, keys, bytesMax }: Search): Found[] {
  const rounds: Found[][] = [];
  for (const key of new Map(keys.map((each) => [toHex(each), each])).values()) {
    const counts = new Map<Key, number>();
    const rows = database.all(
      `select a.record, a.device, d.id from archive a join devices d on d.key = a.device
       where a.account = ? and a.conversation = ? and a.name = ? order by a.position`,
      account,
      conversation,
      key,
    );
    for (const row of rows) {
      const device = numberOf(row["device"]);
      const round = counts.get(device) ?? 0;
      counts.set(device, round + 1);
      (rounds[round] ??= []).push({ key, writer: v.parse(DeviceId, row["id"]), record: bytesOf(row["record"]) });
    }
  }
  let bytes = 0;
  return rounds.flat().filter(({ key, record }) => (bytes += key.length + record.length) <= bytesMax);
}
