import { sha256 } from "@sotto/crypto";
import { isPicture, toBase64Url } from "@sotto/protocol";
import type { PictureId } from "../api-rules.ts";
import type { Store } from "../ports.ts";
import { bytesOf } from "../rows.ts";

/**
 * Keeps a picture of a person or a conversation; the same bytes once. Inside a transaction.
 * @returns its id, the hash of its bytes; null for what isn't a picture or is too large
 */
export function keepPicture(store: Store, bytes: Uint8Array | null): PictureId | null {
  if (bytes === null || !isPicture(bytes)) return null;
  const id = toBase64Url(sha256(bytes));
  store.run("insert or ignore into pictures (id, bytes) values (?, ?)", [id, bytes]);
  return id;
}

/** A picture that nobody and nothing is shown by any more goes, or whoever changed theirs often enough would fill the disk. Inside a transaction. */
export function dropPicture(store: Store, id: PictureId | null): void {
  if (id === null) return;
  store.run(
    `delete from pictures where id = ? and not exists (select 1 from people where picture = ?)
      and not exists (select 1 from profiles where picture = ?)`,
    [id, id, id],
  );
}

export function pictureBytes(store: Store, id: PictureId): Uint8Array | null {
  const row = store.all("select bytes from pictures where id = ?", [id])[0];
  return row === undefined ? null : bytesOf(row, "bytes");
}
