import { INVITE_SECRET_BYTES } from "@sotto/crypto";
import { ConversationId, SottoError, fromBase64Url, toBase64Url } from "@sotto/protocol";
import * as v from "valibot";

/** What an invite link says. */
export type InviteLink = { conversation: ConversationId; secret: Uint8Array };

const MARK = "#join/";
const LINK_LENGTH_MAX = 2_048;

/** The secret stands in the fragment, which no browser sends to a server. */
export function inviteLink(origin: string, { conversation, secret }: InviteLink): string {
  return `${origin}/${MARK}${conversation}/${toBase64Url(secret)}`;
}

/**
 * Reads a link as somebody passed it on: whole, or from `#join/` on.
 * @throws SottoError invite/malformed; invite/unknown for a link to another server
 */
export function parseInviteLink(origin: string, text: string): InviteLink {
  const link = text.trim();
  const at = link.indexOf(MARK);
  const malformed = () =>
    new SottoError("invite/malformed", "That isn't an invite link.", {
      kind: "person",
      do: "Copy it whole, from the address to the last letter.",
    });
  if (at < 0 || link.length > LINK_LENGTH_MAX) throw malformed();
  const [id, secretText, ...more] = link.slice(at + MARK.length).split("/");
  const conversation = v.safeParse(ConversationId, id);
  const secret = fromBase64Url(secretText ?? "");
  if (!conversation.success || secret?.length !== INVITE_SECRET_BYTES || more.length > 0) throw malformed();
  const host = link.slice(0, at).replace(/\/$/, "");
  if (host !== "" && host !== origin)
    throw new SottoError("invite/unknown", "This link is for another server.", {
      kind: "person",
      do: `Open it there: ${host.slice(0, 200)}`,
    });
  return { conversation: conversation.output, secret };
}
