import type { ConversationSummary } from "@sotto/engine";
import type { AccountId, ConversationId, PostId } from "@sotto/protocol";
import type { Findings, TrueLog } from "./invariants.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { accountOn, type World } from "./world.ts";

/** What a device shows of what its person decided and read, by what it is about. */
type View = ReadonlyMap<string, string>;

/**
 * What one's own devices should show alike and don't: unread counts, mutes, pins, drafts, names given to contacts, trust, and whatever else
 * they share. An unread count is told where both devices have the same history.
 */
export async function disagreements(world: World, logs: readonly TrueLog[]): Promise<Findings> {
  const findings: Findings = [];
  const first = new Map<AccountId, { device: SimulatedDevice; view: View }>();
  for (const device of world.devices) {
    const account = accountOn(device);
    if (account === undefined) continue;
    // Who has said that they leave is served nothing any more, whether or not somebody was there to let them out.
    const inside = logs.filter(({ members, leavers }) => members.has(account) && !leavers.has(account));
    // What came while they left is here on one device and there on another.
    const stayed = (conversation: ConversationId): boolean => world.leavesOf(account, conversation).length === 0;
    const view = await viewOn(device, new Set(inside.map(({ conversation }) => conversation)), stayed);
    findings.push(...(await countedAgain(world, device, account)));
    const other = first.get(account);
    if (other === undefined) first.set(account, { device, view });
    else
      for (const [what, shown] of view) {
        const theirs = other.view.get(what);
        if (theirs !== undefined && theirs !== shown)
          findings.push(`${what}: ${shown} on ${device.name}, ${theirs} on ${other.device.name}`);
      }
  }
  return findings;
}

/** What somebody has read is never unread again, on none of their devices. */
async function countedAgain(world: World, device: SimulatedDevice, account: AccountId): Promise<Findings> {
  const findings: Findings = [];
  for (const { conversation, unread, state } of await device.engine.conversations()) {
    // What isn't entered yet is counted where it was looked at, which isn't here.
    if (state.kind === "joining" || world.everMarkedUnread.has(`${account} ${conversation}`)) continue;
    const rows = device.peek(
      "select item_order, thread from items where conversation = ? and kind in ('post', 'unsupported') and own = 0",
      [conversation],
    );
    const most = rows.filter(
      ({ item_order, thread }) => Number(item_order) > world.readBy(account, conversation, thread as PostId | null),
    ).length;
    if (unread > most)
      findings.push(`unread in ${conversation}: ${unread} on ${device.name}, where at most ${most} were never seen`);
  }
  return findings;
}

async function viewOn(
  device: SimulatedDevice,
  inside: ReadonlySet<ConversationId>,
  stayed: (conversation: ConversationId) => boolean,
): Promise<View> {
  const view = new Map<string, string>();
  const shared = device.peek("select key, hex(value) as value from sync where value is not null order by key");
  for (const { key, value } of shared) view.set(`what is shared as ${String(key)}`, String(value));
  view.set("what is shared", shared.map(({ key }) => String(key)).join(" "));
  for (const summary of await device.engine.conversations()) {
    const { conversation, muted, pinned, draft, state } = summary;
    if (!inside.has(conversation)) continue;
    view.set(`mute and pin of ${conversation}`, JSON.stringify({ muted, pinned }));
    view.set(`draft in ${conversation}`, draft);
    // Where nobody keeps keys, each device has seen something else; nor is anything counted where one is out.
    if (state.kind !== "left" && stayed(conversation) && (await keepsHistory(device, summary))) {
      view.set(`unread in ${conversation}`, String(summary.unread));
      view.set(`unread threads in ${conversation}`, JSON.stringify(summary.threads));
    }
    for (const { account, trust, contactName } of summary.people)
      view.set(`trust and name of ${account}`, JSON.stringify({ trust, contactName }));
  }
  return view;
}

/**
 * The list of conversations as it is kept, held against the one that a device makes from its database when it starts. What another life made
 * isn't in it: previews of what is being entered.
 */
export async function listsApart(world: World): Promise<Findings> {
  const findings: Findings = [];
  for (const device of world.devices) {
    if (accountOn(device) === undefined || !device.isRunning) continue;
    const kept = await device.engine.conversations();
    await world.until(device.stop());
    await device.start();
    const made = new Map((await device.engine.conversations()).map((summary) => [summary.conversation, summary]));
    for (const summary of kept) {
      if (summary.state.kind === "joining") continue;
      const [now, then] = [JSON.stringify(made.get(summary.conversation)), JSON.stringify(summary)];
      if (now !== then) findings.push(`${device.name} lists ${then}, and ${now} once it starts anew`);
    }
  }
  return findings;
}

async function keepsHistory(device: SimulatedDevice, { conversation }: ConversationSummary): Promise<boolean> {
  return (await device.engine.conversation(conversation)).history === "archive";
}
