import { archiveGenerationOf, openArchiveRecord, sealArchiveRecord, type ArchiveAbout } from "@sotto/crypto";
import { Bytes, decodeCbor, type ConversationId } from "@sotto/protocol";
import * as v from "valibot";
import { newestArchiveKey, type Identity } from "../account/identity-record.ts";
import type { Context } from "../context.ts";
import { bytesOf, numberOf, textOf } from "../rows.ts";
import { aboutOf, type Subject } from "./archive-records.ts";

const Unsigned = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Epoch = v.pipe(
  v.union([Unsigned, v.bigint()]),
  v.transform((epoch) => BigInt(epoch)),
);
/** Names of records, as `keyOfSubject` makes them. */
const Name = v.union([
  v.pipe(
    v.tuple([v.literal(0), Epoch, v.literal(0)]),
    v.transform(([, epoch]): Subject => ({ kind: "epoch", epoch })),
  ),
  v.pipe(
    v.tuple([v.literal(1), Epoch, Unsigned]),
    v.transform(([, epoch, leaf]): Subject => ({ kind: "sender", epoch, leaf })),
  ),
  v.pipe(
    v.tuple([v.literal(2), v.literal(0), v.literal(0)]),
    v.transform((): Subject => ({ kind: "membership" })),
  ),
  v.pipe(
    v.tuple([v.literal(3), Bytes, Unsigned]),
    v.transform(([, hash, index]): Subject => ({ kind: "part", hash, index })),
  ),
]);

/**
 * Inside a transaction: the archive has a new generation. What this device made for it and hasn't uploaded goes under the new key, since
 * whoever was ended has the old one.
 */
export function sealWaitingAnew({ store, account, device, ports }: Context, identity: Identity): void {
  const { generation, key: archiveKey } = newestArchiveKey(identity);
  for (const row of store.all("select position, conversation, record_key, record from archive_outbox")) {
    const record = bytesOf(row, "record");
    const old = identity.archiveKeys.find((each) => each.generation === archiveGenerationOf(record));
    const name = decodeCbor(bytesOf(row, "record_key"));
    const subject = name.kind === "value" ? v.safeParse(Name, name.value) : undefined;
    if (old === undefined || old.generation === generation || subject?.success !== true) continue;
    const conversation = textOf(row, "conversation") as ConversationId;
    const about: ArchiveAbout = { account, conversation, writer: device, ...aboutOf(subject.output) };
    const plaintext = openArchiveRecord(old.key, about, record);
    if (plaintext === undefined) continue;
    store.run("update archive_outbox set record = ? where position = ?", [
      sealArchiveRecord({ archiveKey, generation, about, plaintext, random: ports.random }),
      numberOf(row, "position"),
    ]);
  }
}
