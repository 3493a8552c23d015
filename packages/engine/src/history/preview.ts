import { aboutEpochKey } from "@sotto/mls";
import {
  KIND,
  ROLE,
  cleanName,
  decodeProfile,
  hasOwner,
  toBase64Url,
  toHex,
  type ConversationId,
  type Result,
  type Seq,
} from "@sotto/protocol";
import type { ConversationSummary, TimelinePage } from "../api.ts";
import { ArchiveReader } from "./archive-reader.ts";
import type { Context } from "../context.ts";
import { loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { insertHistory } from "./history-insert.ts";
import { readBack, type BackEntry } from "./history-page.ts";
import { newRecord } from "../conversation/join.ts";
import { learn } from "../people/learn.ts";
import { isWithin, readMembership, spansOf, type Span } from "./membership-record.ts";
import type { Schedule } from "../schedule.ts";
import { ORDERS_PER_SEQ } from "../schema.ts";
import { summary } from "../timeline/summaries.ts";
import { readPlacesOf } from "../sync/positions.ts";
import { lookOf } from "../timeline/look.ts";
import { timelinePage, type PageRequest } from "../timeline/timeline.ts";

type Listed = Result<"conversation.list">["conversations"][number];

/** A conversation that this device hasn't entered yet, as the account's archive knows it. */
export type Preview = {
  listed: Listed;
  archive: ArchiveReader;
  record: ConversationRecord;
  summary: ConversationSummary;
  spans?: Span[];
  /** Somebody waits for this. */
  reading?: Promise<unknown>;
};

/** What is shown of a conversation until this device has entered it. */
export function previewOf({ store, previews }: Context, conversation: ConversationId): Preview | undefined {
  const preview = previews.get(conversation);
  const isEntering = (loadConversation(store, conversation)?.state.kind ?? "joining") === "joining";
  return isEntering ? preview : undefined;
}

/** Enough for the last words, and where the end of the log holds only changes of the group, for those before. */
const ENTRIES = [6, 64];
const PAGE_ENTRIES_MAX = 256;
/** So many entries of a page may give no line. */
const NOT_SHOWN = 8;
const PEOPLE_MAX = 6;

/**
 * [Note: Shown before it is entered] To enter a group costs work; to read its history costs nothing but the account's archive. So what a
 * conversation is called, who is in it and what was said last is shown at once. All of it was sealed by own devices or is signed by who
 * wrote it. Only where the log ends and that nothing is left out is the server's word until the device has entered: therefore nothing of
 * it is kept.
 * @returns undefined where the archive says nothing
 */
export async function readPreview(
  context: Context,
  schedule: Pick<Schedule, "failed">,
  listed: Listed,
): Promise<Preview | undefined> {
  const archive = new ArchiveReader(context, listed.conversation);
  for (const limit of ENTRIES) {
    const entries = await readUpTo(context, archive, listed, { through: listed.lastSeq, limit });
    const newest = entries.findLast((entry) => entry.kind === "post");
    const record = newest === undefined ? undefined : await recordOf(context, archive, listed, newest);
    if (record !== undefined) {
      const unknown = record.members.map(({ account }) => account).filter((one) => !context.people.isNamed(one));
      if (unknown.length > 0) await learn(context, schedule, unknown.slice(0, PEOPLE_MAX));
      return { listed, archive, record, summary: shownWith(context, record, entries, () => summary(context, record)) };
    }
    if (listed.lastSeq <= limit) return undefined;
  }
  return undefined;
}

/** A page of it, as {@link readPreview} reads it. @throws SottoError connection/unreachable and what else the server answers */
export async function previewPage(context: Context, preview: Preview, request: PageRequest): Promise<TimelinePage> {
  const reading = readPage(context, preview, request);
  const done = Promise.allSettled([reading]);
  preview.reading = done;
  void done.then(() => {
    if (preview.reading === done) delete preview.reading;
  });
  return reading;
}

/** Settles when nobody waits in front of a screen any more: what is done in the background goes on then. */
export async function afterReaders({ previews }: Context): Promise<void> {
  for (const { reading } of previews.values()) if (reading !== undefined) await reading;
}

async function readPage(context: Context, preview: Preview, request: PageRequest): Promise<TimelinePage> {
  const { listed, archive, record } = preview;
  const before = Math.ceil((request.beforeOrder ?? Number.MAX_SAFE_INTEGER) / ORDERS_PER_SEQ);
  const through = Math.min(listed.lastSeq, before - 1);
  const limit = Math.min(PAGE_ENTRIES_MAX, Math.max(1, request.limit) + NOT_SHOWN);
  const [entries, spans] = await Promise.all([
    through < 1 ? [] : readUpTo(context, archive, listed, { through, limit }),
    preview.spans ?? archive.memberships().then(spansIn),
  ]);
  preview.spans = spans;
  const within = entries.filter(({ seq }) => isWithin(spans, seq));
  const read = readPlacesOf(context.sync, listed.conversation);
  const page = shownWith(context, record, within, () => timelinePage(lookOf(context, record), { ...request, read }));
  const first = entries[0]?.seq ?? 1;
  return { ...page, more: page.more || first > (spans[0]?.after ?? 0) + 1 };
}

const spansIn = (records: readonly Uint8Array[]): Span[] =>
  spansOf(records.map(readMembership).filter((mark) => mark !== undefined));

async function readUpTo(
  context: Context,
  archive: ArchiveReader,
  { conversation }: Listed,
  { through, limit }: { through: Seq; limit: number },
): Promise<readonly BackEntry[]> {
  const { head } = await context.online().request("log.head", { conversation, seq: through });
  return (await readBack(context, archive, conversation, { through, head, limit })).entries;
}

/** What the epoch of its newest post says of a conversation: what all its members have agreed on. */
async function recordOf(
  context: Context,
  archive: ArchiveReader,
  { conversation, kind, room }: Listed,
  newest: Extract<BackEntry, { kind: "post" }>,
): Promise<ConversationRecord | undefined> {
  const extension = aboutEpochKey(newest.keys.epochKey)?.extension;
  if (extension?.kind !== kind) return undefined;
  const present = extension.accounts.filter(([, role]) => role !== ROLE.banned);
  if (kind !== KIND.room && !present.some(([account]) => account === context.account)) return undefined;
  const hash = kind === KIND.group ? extension.profileHash : null;
  const bytes = hash === null ? undefined : (await archive.wholes([hash])).get(toHex(hash));
  const profile = bytes === undefined ? undefined : decodeProfile(bytes);
  return {
    ...newRecord(conversation, kind, room, newest.at),
    ...(profile === undefined ? {} : { name: cleanName(profile.name) }),
    members: present.map(([account, role]) => ({ account, role, devices: 0 })),
    banned: extension.accounts.filter(([, role]) => role === ROLE.banned).map(([account]) => account),
    hasOwner: hasOwner(extension.accounts),
    policy: extension.policy,
    profileHash: extension.profileHash === null ? null : toBase64Url(extension.profileHash),
  };
}

/** What would be shown with these entries. Nothing of it stays. */
function shownWith<T>(context: Context, record: ConversationRecord, entries: readonly BackEntry[], look: () => T): T {
  let seen: { value: T } | undefined;
  try {
    context.store.transaction(() => {
      insertHistory(context, record, entries);
      seen = { value: look() };
      throw new OnlyLooked();
    });
  } catch (error) {
    if (!(error instanceof OnlyLooked)) throw error;
  }
  if (seen === undefined) throw new Error("a look that wasn't taken");
  return seen.value;
}

/** Takes a transaction back. */
class OnlyLooked extends Error {}
