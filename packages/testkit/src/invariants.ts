import { decodeRows, epochAuthenticator } from "@sotto/mls";
import { KIND, equalBytes, toBase64Url, type AccountId, type ConversationId, type PostId } from "@sotto/protocol";
import { scan } from "./canary.ts";
import { occurring } from "./occurring.ts";
import { hashOf, readLog, type ReadLog, type TrueEntry } from "./log-truth.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { openVaults, secretsIn } from "./vaults.ts";
import { accountOn, type World } from "./world.ts";

/** A log, and who has said that they leave though nobody was there to remove them yet. */
export type TrueLog = ReadLog & { leavers: ReadonlySet<AccountId> };

type ConversationRow = {
  id: ConversationId;
  kind: number;
  state: string;
  cursor: number;
  head: Uint8Array;
  joined_seq: number;
  roll: string;
};

/** Whether a device has come to rest: it is where the log ends and has nothing left to send. Else what is missing. */
export type Findings = string[];

/** All logs that the server keeps, read with the knowledge of who made what. */
export async function trueLogs(world: World): Promise<TrueLog[]> {
  const logs: TrueLog[] = [];
  for (const { conversation, leavers } of world.server.conversations()) {
    const log = readLog(conversation, await world.server.log(conversation), world.ledger);
    logs.push({ ...log, leavers });
  }
  return logs;
}

const rowOf = (device: SimulatedDevice, conversation: ConversationId): ConversationRow | undefined =>
  device.peek(
    "select id, kind, state, cursor, head, joined_seq, roll from conversations join rolls on conversation = id where id = ?",
    [conversation],
  )[0] as ConversationRow | undefined;

/** The same JSON, whichever of its fields were written first. */
const inOrder = (json: string): string =>
  JSON.stringify(JSON.parse(json), (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

const historyOf = (row: ConversationRow): string =>
  (JSON.parse(row.roll) as { policy: { history: string } }).policy.history;

const isOpen = (row: ConversationRow | undefined): boolean => row?.state.includes('"open"') === true;
const isOutOfRoom = (row: ConversationRow | undefined): boolean =>
  row?.kind === KIND.room && row.state.includes('"left"');

/** SHA-256 of the epoch authenticator (RFC 9420 §8.7) of the state that a device has on disk. */
export function epochOn(device: SimulatedDevice, conversation: ConversationId): string | undefined {
  const rows = device.peek("select key, value from group_rows where conversation = ?", [conversation]);
  const state =
    rows.length === 0
      ? undefined
      : decodeRows(
          device.provider,
          rows.map((row) => [row["key"] as string, row["value"] as Uint8Array] as const),
        );
  return state === undefined ? undefined : toBase64Url(hashOf(epochAuthenticator(state)));
}

/** Nobody honest is left inside to follow a hostile commit with a good one: nobody can enter any more. */
const isBarred = (world: World, { conversation, entries }: TrueLog): boolean =>
  entries.findLast(({ isPost }) => !isPost)?.isAstray === true &&
  !world.devices.some((device) => isOpen(rowOf(device, conversation)));

/** What has not come together yet. Empty once the world has healed. */
export function unsettled(world: World, logs: readonly TrueLog[]): Findings {
  const findings: Findings = [];
  for (const log of logs) {
    if (isBarred(world, log)) continue;
    const epochs = new Map<string, string>();
    const lists = new Map<string, string>();
    for (const device of world.devices) {
      const account = accountOn(device);
      if (account === undefined || !log.members.has(account) || log.leavers.has(account)) continue;
      const row = rowOf(device, log.conversation);
      const where = `${device.name} in ${log.conversation}`;
      const state = row === undefined ? "unknown" : (JSON.parse(row.state) as { kind: string; because?: string }).kind;
      // Who is out of a room on one device and joins it again on another is still out of it on the first.
      if (isOutOfRoom(row)) continue;
      if (row === undefined || state !== "open") {
        findings.push(`${where}: a member's conversation is ${row?.state ?? state}`);
        continue;
      }
      const last = log.entries.at(-1)?.seq ?? 0;
      if (row.cursor !== last) findings.push(`${where}: at ${row.cursor} of a log of ${last}`);
      else if (!equalBytes(row.head, log.head)) findings.push(`${where}: another log head`);
      epochs.set(device.name, epochOn(device, log.conversation) ?? "none");
      lists.set(device.name, inOrder(row.roll));
      const names = (JSON.parse(row.roll) as { members: { account: AccountId }[] }).members.map(
        (member) => member.account,
      );
      // The roster of a room also names who is invited and hasn't come yet.
      if (
        (names.length !== log.members.size && row.kind !== KIND.room) ||
        !names.every((name) => log.members.has(name))
      )
        findings.push(`${where}: other members than in the latest valid commit`);
      const waiting = device.peek("select count(*) as n from outbox where conversation = ? and failed is null", [
        log.conversation,
      ])[0]?.["n"];
      if (waiting !== 0) findings.push(`${where}: ${String(waiting)} posts still wait`);
      const pending = device.peek("select count(*) as n from pending_commits where conversation = ?", [
        log.conversation,
      ])[0]?.["n"];
      if (pending !== 0) findings.push(`${where}: a commit still waits for its verdict`);
    }
    if (new Set(epochs.values()).size > 1) findings.push(`${log.conversation}: different epochs: ${describe(epochs)}`);
    if (new Set(lists.values()).size > 1) findings.push(`${log.conversation}: different members: ${describe(lists)}`);
  }
  return findings;
}

const describe = (map: ReadonlyMap<string, string>): string =>
  [...map].map(([name, value]) => `${name}=${value.slice(0, 8)}`).join(" ");

type Item = {
  seq: number | null;
  kind: string;
  post: PostId | null;
  sender: AccountId | null;
  text: string | null;
  line: string | null;
  state: string | null;
  edited_at: number | null;
  deleted_by: string | null;
};

/** Posts whose author made versions of them that are here, and which show something else than the last. What people voted on stays what it was. */
const OUTDATED = `select i.post from items i where i.conversation = ? and i.kind = 'post' and i.deleted_by is null and i.content is not null
  and i.extra is null and i.text <> (select m.data from post_marks m where m.conversation = i.conversation and m.target = i.post
    and m.kind = 'edit' and m.account = i.sender order by m.item_order desc limit 1)`;

/** What must hold at any time after all has come together. */
export function violations(world: World, logs: readonly TrueLog[]): Findings {
  const findings: Findings = [];
  const stored = new Set<string>();
  for (const log of logs) {
    checkLog(log, findings);
    for (const { hash } of log.entries) stored.add(hash);
    for (const device of world.devices) checkDevice(world, device, log, findings);
  }
  // The conversation of an account with itself goes with the account.
  const over = world.server.endedAccounts();
  for (const [hash, { device, account }] of world.ledger.accepted)
    if (!stored.has(hash) && (account === undefined || !over.has(account)))
      findings.push(`${device} was told that ${hash.slice(0, 8)} is accepted, and no log holds it`);
  return findings;
}

/** Every post of ours once, and nothing that isn't ours. */
function checkLog({ conversation, entries }: TrueLog, findings: Findings): void {
  const seen = new Map<string, number>();
  for (const entry of entries) {
    if (!entry.isPost) continue;
    if (entry.sent === undefined) {
      findings.push(`${conversation} ${entry.seq}: a post that no device made`);
      continue;
    }
    const before = seen.get(entry.sent.key);
    if (before !== undefined) findings.push(`${conversation}: one post is in the log at ${before} and at ${entry.seq}`);
    seen.set(entry.sent.key, entry.seq);
    if (!entry.isAstray && !entry.members.has(entry.sent.account))
      findings.push(`${conversation} ${entry.seq}: a post of somebody who wasn't a member`);
  }
}

function checkDevice(world: World, device: SimulatedDevice, log: TrueLog, findings: Findings): void {
  const account = accountOn(device);
  const row = rowOf(device, log.conversation);
  if (account === undefined || row === undefined) return;
  const where = `${device.name} in ${log.conversation}`;
  const items = device.peek(
    "select seq, kind, post, sender, text, line, state, edited_at, deleted_by from items where conversation = ? order by item_order",
    [log.conversation],
  ) as Item[];
  if (row.state.includes('"stopped"')) findings.push(`${where}: stopped without cause: ${row.state}`);
  const shown = new Map<number, Item>();
  for (const item of items) {
    if (item.kind === "system" && item.line?.includes('"alarm"') === true)
      findings.push(`${where}: an alarm without cause: ${item.line}`);
    if (item.kind !== "post" || item.seq === null) continue;
    const entry = log.entries[item.seq - 1];
    if (entry?.sent === undefined || entry.sent.post !== item.post)
      findings.push(`${where} ${item.seq}: shows a post that isn't there`);
    else if (entry.sent.account !== item.sender)
      findings.push(`${where} ${item.seq}: shows another sender than the true one`);
    else if (item.edited_at === null && item.deleted_by === null && entry.sent.text !== item.text)
      findings.push(`${where} ${item.seq}: shows another text than the true one`);
    else if (
      item.edited_at !== null &&
      item.deleted_by === null &&
      item.post !== null &&
      !world.ledger.isVersion(entry.sent.account, item.post, item.text ?? "")
    )
      findings.push(`${where} ${item.seq}: shows a version that its author never made`);
    // Whoever is in an open room may be given what was said in it before.
    if (entry !== undefined && !entry.isAstray && !entry.members.has(account) && row.kind !== KIND.room)
      findings.push(`${where} ${item.seq}: reads a post of a time when it was no member`);
    if (shown.has(item.seq)) findings.push(`${where} ${item.seq}: shown twice`);
    shown.set(item.seq, item);
  }
  for (const { post } of device.peek(OUTDATED, [log.conversation]))
    findings.push(`${where}: doesn't show the last version of ${String(post)}`);
  const posts = items.flatMap(({ kind, post }) => (kind === "post" && post !== null ? [post] : []));
  if (new Set(posts).size !== posts.length) findings.push(`${where}: a post is shown twice`);
}

/** Posts that a device's account may read and that the device doesn't show. */
export function unread(world: World, logs: readonly TrueLog[]): Findings {
  const findings: Findings = [];
  for (const log of logs) {
    if (isBarred(world, log)) continue;
    const holders: { seq: number; name: string; account: AccountId }[] = [];
    const missing: { where: string; seq: number; epoch: string | undefined; isUnknown: boolean }[] = [];
    for (const device of world.devices) {
      const account = accountOn(device);
      const row = rowOf(device, log.conversation);
      if (account === undefined || row === undefined || !log.members.has(account) || log.leavers.has(account)) continue;
      const shown = new Set(
        device
          .peek(
            "select seq from items where conversation = ? and kind = 'post' union all select item_order / 64 as seq from post_marks where conversation = ?",
            [log.conversation, log.conversation],
          )
          .map(({ seq }) => Number(seq)),
      );
      for (const seq of shown) holders.push({ seq, name: device.name, account });
      if (isOutOfRoom(row)) continue;
      const waiting = new Map(
        device
          .peek("select seq, epoch from missing where conversation = ?", [log.conversation])
          .map(({ seq, epoch }) => [Number(seq), String(epoch)]),
      );
      // From when on somebody has been in a room is said by the device on which they joined. If it couldn't, nobody is asked.
      const [span] = device.peek("select spans from spans where conversation = ?", [log.conversation]);
      const isUnknown = row.kind === KIND.room && String(span?.["spans"]).startsWith('[{"after":0,');
      const gone = new Set(
        device
          .peek("select key from sync where value is not null and key like ?", [`gone/${log.conversation}/%`])
          .map(({ key }) => String(key).split("/")[2]),
      );
      // Where no keys are kept, a device reads what came while it was there.
      const from = historyOf(row) === "device-only" ? row.joined_seq : 0;
      const ends = world.leavesOf(account, log.conversation).map((at) => ({
        at,
        until: log.entries.find(({ acceptedAt, members }) => acceptedAt >= at && !members.has(account))?.seq ?? 0,
      }));
      const isLeaving = ({ seq, acceptedAt }: TrueEntry): boolean =>
        ends.some(({ at, until }) => acceptedAt >= at && seq < until);
      // A device that came together with its account has no other beginning: earlier memberships are on the devices that were there.
      const [began] = device.peek("select min(seq) as seq from log where conversation = ?", [log.conversation]);
      const lastOut = log.entries.findLast((each) => each.seq < row.joined_seq && !each.members.has(account))?.seq ?? 0;
      const isOfEarlier = ({ seq }: TrueEntry): boolean => began?.["seq"] === row.joined_seq && seq < lastOut;
      for (const entry of log.entries) {
        const { seq, sent, acceptedAt } = entry;
        if (seq <= from || !entry.isPost || entry.isAstray || sent === undefined) continue;
        if (sent.post === null && sent.mark === null) continue;
        if (!entry.members.has(account) || shown.has(seq)) continue;
        // Deleted for oneself.
        if (sent.post !== null && gone.has(sent.post)) continue;
        if (isLeaving(entry) || isOfEarlier(entry)) continue;
        if (world.everBlocked.has(`${account} ${sent.account}`) || world.isInDoubt(sent, acceptedAt)) continue;
        missing.push({ where: `${device.name} in ${log.conversation}`, seq, epoch: waiting.get(seq), isUnknown });
      }
    }
    for (const { where, seq, epoch, isUnknown } of missing) {
      const giver = holders.find(
        (each) => each.seq === seq && epoch !== undefined && world.couldGive(each.account, log.conversation, epoch),
      );
      // Whom nobody is left to ask can't be helped.
      if (epoch !== undefined && (giver === undefined || isUnknown)) continue;
      const why = giver === undefined ? "" : `: keys missing, though ${giver.name} has it`;
      findings.push(`${where} ${seq}: an accepted post can't be read${why}`);
    }
  }
  return findings;
}

/** The server's disk and logs, everything on the wire, and the devices' own logs: no readable byte, no leaf key. */
export async function leaks(world: World): Promise<Findings> {
  const findings: Findings = [];
  const disk = Buffer.concat(world.server.disk());
  const say = (where: string, found: Iterable<string>): void => {
    for (const encoding of found) findings.push(`${where} holds the canary in ${encoding}`);
  };
  say("the server's disk", scan(disk));
  say("a frame", world.frames.finish());
  say("the server's log", scan(Buffer.from(world.server.logged.join("\n"))));
  const leafKeys: { device: SimulatedDevice; bytes: Uint8Array }[] = [];
  for (const device of world.devices) {
    say(`${device.name}'s log`, scan(Buffer.from(device.logged.join("\n"))));
    const key = device.peek("select leaf_private_key from session")[0]?.["leaf_private_key"];
    if (key instanceof Uint8Array) leafKeys.push({ device, bytes: key });
  }
  const { opened } = await openVaults(world);
  const secrets = secretsIn(world, opened);
  const printed = [...world.secrets].map((text) => ({ text, bytes: Buffer.from(text) }));
  const onDisk = occurring(
    disk,
    [...leafKeys, ...secrets].map(({ bytes }) => bytes),
  );
  const inFrames = world.frames.holding([...secrets, ...printed].map(({ bytes }) => bytes));
  for (const { device, bytes } of leafKeys)
    if (onDisk.has(bytes)) findings.push(`the server's disk holds the leaf key of ${device.name}`);
  const logs = Buffer.from([...world.server.logged, ...world.devices.flatMap(({ logged }) => logged)].join("\n"));
  for (const { what, bytes } of secrets) {
    if (onDisk.has(bytes)) findings.push(`the server's disk holds ${what}`);
    if (inFrames.has(bytes)) findings.push(`a frame holds ${what}`);
    const raw = Buffer.from(bytes);
    if (["hex", "base64", "base64url"].some((encoding) => logs.includes(raw.toString(encoding as BufferEncoding))))
      findings.push(`a log holds ${what}`);
  }
  for (const { text, bytes } of printed) {
    say("the server's disk: a recovery key", scan(disk, text));
    say("a log: a recovery key", scan(logs, text));
    if (inFrames.has(bytes)) findings.push("a frame holds a printed recovery key");
  }
  return findings;
}

/** Failures of the product's own that it noted itself. */
export function unexpected(world: World): Findings {
  return [
    ...world.devices.flatMap((device) => device.logged.map((line) => `${device.name} ${line}`)),
    ...world.server.logged,
  ].filter((line) => line.includes("internal/unexpected") || line.includes("operation-failed"));
}

/** Devices that took themselves for copies though their disks were never touched: they lost what they had promised to remember. */
export function needlessClones(world: World): Findings {
  return world.devices
    .filter((device) => !device.wasPutBack && device.logged.some((line) => line.includes('"because":"clone"')))
    .map((device) => `${device.name} stopped without cause: it takes itself for a clone`);
}
