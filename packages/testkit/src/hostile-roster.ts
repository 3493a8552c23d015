import { entryHash, logHeadExtension, sha256, chainJudge } from "@sotto/crypto";
import { createCommit } from "@sotto/mls";
import {
  ENTRY_KIND,
  decodeRoster,
  encodeCommitBody,
  encodeEnvelope,
  encodeRoster,
  sendIdOf,
  toBase64Url,
  type ConversationId,
} from "@sotto/protocol";
import type { Random } from "./random.ts";
import { RawClient, RawRefusal, secretsOf, stateOf } from "./raw-client.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

/**
 * A member's modified client commits what is well-formed MLS, but tells the server a roster without one of the others (see
 * T14): honest clients skip it, and it must lock nobody out. Who did this is no honest device any more.
 */
export async function hostileRoster(
  world: World,
  device: SimulatedDevice,
  random: Random,
): Promise<string | undefined> {
  const rows = device.peek(
    'select id from conversations where state = \'{"kind":"open"}\' and kind in (2, 3) order by id',
  );
  const conversation = random.pick(rows)?.["id"] as ConversationId | undefined;
  const state = conversation === undefined ? undefined : stateOf(device, conversation);
  if (conversation === undefined || state === undefined || world.devices.length < 5) return undefined;
  const made = await createCommit(state.group, {
    logHead: logHeadExtension(state.cursor, state.head),
    judge: chainJudge,
  });
  if (made.kind !== "made") return undefined;
  const roster = decodeRoster(made.roster);
  const victim = random.pick(roster?.filter(([account]) => account !== secretsOf(device).account) ?? []);
  if (roster === undefined || victim === undefined) return undefined;
  const body = encodeCommitBody({ commit: made.commit, roster: encodeRoster(roster.filter((row) => row !== victim)) });
  const envelope = encodeEnvelope({ kind: ENTRY_KIND.commit, seen: state.latestCommit, applied: state.applied, body });
  const bundle = {
    send: sendIdOf(random.bytes(16)),
    envelope,
    // Newcomers can't use the one, and by the other enter where nobody else is, until an honest commit follows.
    groupInfo: random.chance(0.5) ? random.bytes(100) : made.groupInfo,
    treeChunks: made.treeChunks.map(sha256),
    newChunks: made.treeChunks,
    welcomes: [],
    welcomeFor: [],
  };
  const client = new RawClient(world, `modified ${device.name}`);
  const what = `${device.name} told a roster without ${victim[0]} of ${conversation}`;
  world.ledger.hostileCommits.add(toBase64Url(entryHash(envelope)));
  try {
    await client.authenticateAs(device);
    const { seq } = await client.request("conversation.commit", { conversation, bundle });
    world.trace.count("hostile roster stored");
    await world.lose(device);
    return `${what}: stored at ${seq}`;
  } catch (error) {
    if (!(error instanceof RawRefusal)) throw error;
    // Without an answer it may have been stored all the same.
    if (error.code === "lost") await world.lose(device);
    return `${what}: ${error.code}`;
  } finally {
    client.close();
  }
}
