import { equalBytes, toHex, type AccountId, type ConversationId } from "@sotto/protocol";
import type { ConversationSummary, ConversationsSince } from "../api.ts";
import type { Context } from "../context.ts";
import type { Preview } from "../history/preview.ts";
import { listed } from "./summaries.ts";
import { Touched, type Written } from "./touched.ts";

type Known = {
  /** Undefined: it isn't shown. */
  summary: ConversationSummary | undefined;
  /** The revision in which it became what it is. */
  revision: number;
  accounts: ReadonlySet<string>;
};

/** Values of one conversation's own, by the first part of their key. All others may matter to every conversation. */
const OWN_KINDS = new Set([
  "read",
  "threads",
  "draft",
  "mute",
  "pin",
  "notify",
  "shelf",
  "favourite",
  "unread",
  "accepted",
  "gone",
  "star",
  "pins",
]);
/** By account. Not "trust": whom one blocks vanishes from conversations that they left long ago, too. */
const PERSONAL_KINDS = new Set(["name"]);
const UNSHOWN_KINDS = new Set(["device", "invite", "archive", "notice", "folder", "pref", "account"]);

/**
 * The list of conversations, kept: what is shown of one is made again only when something of it was written, or somebody in it is another.
 * So a post costs one summary, however many conversations there are. {@link summaries} makes the same from nothing.
 */
export class ConversationList {
  readonly #context: Context;
  readonly #touched: Touched;
  readonly #known = new Map<ConversationId, Known>();
  /** Who is in what, so that a change of a person finds it. */
  readonly #withAccount = new Map<string, Set<ConversationId>>();
  #previews = new Map<ConversationId, Preview>();
  /** Tells the revisions of this list from another one's. */
  readonly #name: string;
  #revision = 0;
  #isComplete = false;

  constructor(context: Context) {
    this.#context = context;
    this.#touched = new Touched(context.store);
    this.#name = toHex(context.ports.random(8));
  }

  /** All conversations, pinned ones first, then by what happened last. */
  all(): ConversationSummary[] {
    this.#update();
    const shown = [...this.#known.values()].flatMap(({ summary }) => summary ?? []);
    return shown.sort(
      (a, b) =>
        Number(b.pinned) - Number(a.pinned) || b.activeAt - a.activeAt || (a.conversation < b.conversation ? -1 : 1),
    );
  }

  /** What is another than it was at `since`, an `at` that this gave before. Anything else, and null, gives everything. */
  since(since: string | null): ConversationsSince {
    this.#update();
    const at = `${this.#name} ${this.#revision}`;
    const from = this.#revisionOf(since);
    if (from === undefined) return { at, whole: true, changed: this.all(), gone: [] };
    const changed: ConversationSummary[] = [];
    const gone: ConversationId[] = [];
    for (const [conversation, { summary, revision }] of this.#known)
      if (revision > from) {
        if (summary === undefined) gone.push(conversation);
        else changed.push(summary);
      }
    return { at, whole: false, changed, gone };
  }

  #revisionOf(since: string | null): number | undefined {
    const [name, revision] = (since ?? "").split(" ");
    return name === this.#name && Number(revision) <= this.#revision ? Number(revision) : undefined;
  }

  #update(): void {
    const written = this.#touched.take();
    const dirty = this.#isComplete ? this.#dirty(written) : this.#everything();
    if (!this.#isComplete || this.#mattersToAll(written)) for (const id of this.#everything()) dirty.add(id);
    this.#isComplete = true;
    if (dirty.size === 0) return;
    this.#revision++;
    for (const conversation of dirty) this.#look(conversation);
  }

  #everything(): Set<ConversationId> {
    const stored = this.#context.store.all("select id from conversations").map((row) => row["id"] as ConversationId);
    return new Set([...this.#known.keys(), ...stored, ...this.#context.previews.keys()]);
  }

  #mattersToAll({ everything, synced, people }: Written): boolean {
    return (
      everything ||
      [...people].some((account) => this.#context.people.decision(account as AccountId).blocked) ||
      [...synced].some((key) => {
        const kind = kindOf(key);
        return !OWN_KINDS.has(kind) && !PERSONAL_KINDS.has(kind) && !UNSHOWN_KINDS.has(kind);
      })
    );
  }

  #dirty({ conversations, synced, people }: Written): Set<ConversationId> {
    const dirty = new Set(conversations);
    const accounts = new Set(people);
    for (const key of synced) {
      const [kind = "", id = ""] = key.split("/", 2);
      if (OWN_KINDS.has(kind)) dirty.add(id as ConversationId);
      if (PERSONAL_KINDS.has(kind)) accounts.add(id);
    }
    for (const account of accounts)
      for (const conversation of this.#withAccount.get(account) ?? []) dirty.add(conversation);
    const { previews } = this.#context;
    for (const [conversation, preview] of previews)
      if (this.#previews.get(conversation) !== preview) dirty.add(conversation);
    for (const conversation of this.#previews.keys()) if (!previews.has(conversation)) dirty.add(conversation);
    return dirty;
  }

  #look(conversation: ConversationId): void {
    const preview = this.#context.previews.get(conversation);
    if (preview === undefined) this.#previews.delete(conversation);
    else this.#previews.set(conversation, preview);
    const { summary, members } = listed(this.#context, conversation);
    const before = this.#known.get(conversation);
    if (before === undefined && summary === undefined && members.length === 0) return;
    const accounts = new Set<string>(members);
    collectAccounts(summary, accounts);
    for (const account of before?.accounts ?? [])
      if (!accounts.has(account)) this.#withAccount.get(account)?.delete(conversation);
    for (const account of accounts) {
      const there = this.#withAccount.get(account);
      if (there === undefined) this.#withAccount.set(account, new Set([conversation]));
      else there.add(conversation);
    }
    const isSame = before !== undefined && isEqual(before.summary, summary);
    this.#known.set(conversation, {
      summary: isSame ? before.summary : summary,
      revision: isSame ? before.revision : this.#revision,
      accounts,
    });
  }
}

const kindOf = (key: string): string => key.split("/", 1)[0]!;

/** Everybody whom a summary names, wherever in it. */
function collectAccounts(value: unknown, accounts: Set<string>): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  for (const [key, part] of Object.entries(value)) {
    if (key === "account" && typeof part === "string") accounts.add(part);
    else collectAccounts(part, accounts);
  }
}

/** Equality of plain data. */
function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b);
  const [ofA, ofB] = [Object.entries(a), Object.entries(b)];
  return ofA.length === ofB.length && ofA.every(([key, part]) => isEqual(part, (b as Record<string, unknown>)[key]));
}
