import { AccountId, ConversationId } from "@sotto/protocol";
import * as v from "valibot";
import { isReadAsWritten } from "./address.ts";

/** What an address in a link leads to. Everything that isn't one of these stays text. */
export type LinkTarget =
  | { kind: "web" | "mail"; href: string; host: string }
  | { kind: "mention"; account: AccountId }
  | { kind: "everybody"; conversation: ConversationId };

const WEB = /^(https?):\/\/([^\s/?#:@\\%[\]]{1,253})(:\d{1,5})?((?:[/?#][^\s<>"`{}|\\^\p{C}]*)?)$/iu;
const MAIL = /^mailto:([a-z0-9._%+-]{1,64})@([^\s/?#:@\\%[\]]{1,253})$/iu;
const LABEL = /^(?!-)[\p{L}\p{M}\p{N}_-]{1,63}$/u;
const SOTTO = /^sotto:(account|conversation)\/([\w-]{1,64})$/u;

/**
 * @param ascii  a host in its ASCII form (IDNA), as the browser would ask for it
 * @returns null for whatever has another scheme, a user, or a host that could be read as another
 */
export function linkTarget(address: string, ascii: (host: string) => string): LinkTarget | null {
  const own = SOTTO.exec(address);
  if (own !== null) {
    const [, kind, id] = own;
    if (kind === "account") {
      const account = v.safeParse(AccountId, id);
      return account.success ? { kind: "mention", account: account.output } : null;
    }
    const conversation = v.safeParse(ConversationId, id);
    return conversation.success ? { kind: "everybody", conversation: conversation.output } : null;
  }
  const web = WEB.exec(address);
  if (web !== null) {
    const [, scheme = "", written = "", port = "", rest = ""] = web;
    const host = hostOf(written, ascii);
    return host === null
      ? null
      : { kind: "web", href: `${scheme.toLowerCase()}://${host}${port}${rest}`, host: host + port };
  }
  const mail = MAIL.exec(address);
  if (mail !== null) {
    const [, user = "", written = ""] = mail;
    const host = hostOf(written, ascii);
    return host === null ? null : { kind: "mail", href: `mailto:${user}@${host}`, host: `${user}@${host}` };
  }
  return null;
}

function hostOf(written: string, ascii: (host: string) => string): string | null {
  const host = written.toLowerCase();
  // Full-width letters, circled ones, other dots: a browser takes them for letters that nobody saw.
  if (host !== host.normalize("NFKC") || !host.split(".").every((label) => LABEL.test(label))) return null;
  const asked = /^[\w.-]+$/.test(host) ? host : ascii(host);
  return /^[a-z0-9_.-]+$/.test(asked) && isReadAsWritten(asked) ? asked : null;
}

/** Does this text say of itself that it leads to this host, and to nothing else before it? */
export function saysHost(text: string, host: string): boolean {
  const said = text
    .trim()
    .replace(/^(?:https?:\/\/|mailto:)/iu, "")
    .toLowerCase();
  return said === host || (said.startsWith(host) && "/?#".includes(said.charAt(host.length)));
}
