import { useSyncExternalStore } from "react";
import { accountIdOf, conversationIdOf, fromBase64Url, postIdOf } from "@sotto/protocol";
import type { AccountId, ConversationId, PostId } from "@sotto/protocol";

/** What is open. It lives in the address's fragment, so that Back works and a reload comes back to it. */
export type Route =
  | { kind: "list" }
  | { kind: "conversation"; conversation: ConversationId; panel: Panel | null }
  | { kind: "saved" }
  /** Where a link leads by which somebody was invited: conversation and secret. It stays in the fragment, which no server sees. */
  | { kind: "join"; invite: string }
  | { kind: "settings"; page: SettingsPage };

export type Panel =
  | { kind: "details" }
  | { kind: "person"; account: AccountId }
  /** What was written on one post. */
  | { kind: "thread"; post: PostId };
export type SettingsPage =
  | "menu"
  | "profile"
  | "appearance"
  | "privacy"
  | "account"
  | "devices"
  | "recovery"
  | "data"
  | "about";

const PAGES: readonly string[] = [
  "menu",
  "profile",
  "appearance",
  "privacy",
  "account",
  "devices",
  "recovery",
  "data",
  "about",
] satisfies SettingsPage[];

const INVITE = /^[A-Za-z0-9_-]{22}\/[A-Za-z0-9_-]{43}$/u;

function isPage(text: string | undefined): text is SettingsPage {
  return text !== undefined && PAGES.includes(text);
}

function conversationIn(text: string | undefined): ConversationId | null {
  const bytes = fromBase64Url(text ?? "");
  return bytes?.length === 16 ? conversationIdOf(bytes) : null;
}

function accountIn(text: string | undefined): AccountId | null {
  const bytes = fromBase64Url(text ?? "");
  return bytes?.length === 32 ? accountIdOf(bytes) : null;
}

function postIn(text: string | undefined): PostId | null {
  const bytes = fromBase64Url(text ?? "");
  return bytes?.length === 32 ? postIdOf(bytes) : null;
}

/** Reads a fragment. Whatever it doesn't understand is the list. */
export function routeOf(fragment: string): Route {
  const [kind, first, panel, second] = fragment.replace(/^#\/?/u, "").split("/");
  if (kind === "saved") return { kind: "saved" };
  if (kind === "join" && INVITE.test(`${first}/${panel}`)) return { kind: "join", invite: `${first}/${panel}` };
  if (kind === "settings") return { kind: "settings", page: isPage(first) ? first : "menu" };
  const conversation = kind === "c" ? conversationIn(first) : null;
  if (conversation === null) return { kind: "list" };
  if (panel === "details") return { kind: "conversation", conversation, panel: { kind: "details" } };
  const post = panel === "thread" ? postIn(second) : null;
  if (post !== null) return { kind: "conversation", conversation, panel: { kind: "thread", post } };
  const account = panel === "person" ? accountIn(second) : null;
  return { kind: "conversation", conversation, panel: account === null ? null : { kind: "person", account } };
}

export function fragmentOf(route: Route): string {
  switch (route.kind) {
    case "list":
      return "#/";
    case "saved":
      return "#/saved";
    case "join":
      return `#join/${route.invite}`;
    case "settings":
      return `#/settings/${route.page}`;
    case "conversation":
      if (route.panel === null) return `#/c/${route.conversation}`;
      if (route.panel.kind === "details") return `#/c/${route.conversation}/details`;
      if (route.panel.kind === "thread") return `#/c/${route.conversation}/thread/${route.panel.post}`;
      return `#/c/${route.conversation}/person/${route.panel.account}`;
  }
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useRoute(): Route {
  const fragment = useSyncExternalStore(subscribe, () => window.location.hash);
  return routeOf(fragment);
}

export function go(route: Route): void {
  window.location.hash = fragmentOf(route);
}

/** Goes there without leaving a step that Back would return to. */
export function replace(route: Route): void {
  window.location.replace(fragmentOf(route));
}

export function open(conversation: ConversationId, panel: Panel | null = null): void {
  go({ kind: "conversation", conversation, panel });
}
