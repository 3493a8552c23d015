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

export function pictureBytes(store: Store, id: PictureId): Uint8Array | null {
  const row = store.all("select bytes from pictures where id = ?", [id])[0];
  return row === undefined ? null : bytesOf(row, "bytes");
}
