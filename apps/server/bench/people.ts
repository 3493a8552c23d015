import { generateKeyPairSync, hash, randomBytes, sign, type KeyObject } from "node:crypto";
import { sessionChallengeMessage } from "@sotto/crypto/verify";
import {
  ENTRY_KIND,
  KIND,
  ROLE,
  accountIdOf,
  conversationIdOf,
  deviceIdOf,
  encodeCommitBody,
  encodeEnvelope,
  encodeRoster,
  idBytes,
  sortRoster,
  type AccountId,
  type DeviceId,
  type RosterRow,
  Username,
} from "@sotto/protocol";
import * as v from "valibot";
import type { SqliteStore } from "../src/sqlite-store.ts";

/** A device that exists in the server's database without having signed up: only what the hot path meets is real. */
export type BenchDevice = {
  account: AccountId;
  device: DeviceId;
  accountKey: number;
  deviceKey: number;
  signInKey: KeyObject;
};

export async function addDevice(store: SqliteStore, index: number): Promise<BenchDevice> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const signInKey = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  const [account, device] = [accountIdOf(randomBytes(32)), deviceIdOf(randomBytes(16))];
  await store.createAccount(
    {
      account,
      username: v.parse(Username, `bench${index}`),
      passwordRecord: "none",
      vault: new Uint8Array(1),
      chain: [],
      device: { device, signInKey, keyPackages: [], lastResort: null },
    },
    null,
  );
  const row = await store.device(account, device);
  if (row === undefined) throw new Error("the device isn't there");
  return { account, device, accountKey: row.accountKey, deviceKey: row.key, signInKey: privateKey };
}

/** A group born with these devices' accounts. @returns its 16 bytes and its key */
export async function addGroup(
  store: SqliteStore,
  devices: readonly BenchDevice[],
): Promise<{ bytes: Uint8Array; key: number }> {
  const [first] = devices;
  if (first === undefined) throw new Error("a group of nobody");
  const roster = sortRoster(
    devices.map(({ account }, index): RosterRow => [account, index === 0 ? ROLE.admin : ROLE.member]),
  );
  const conversation = conversationIdOf(randomBytes(16));
  const envelope = encodeEnvelope({
    kind: ENTRY_KIND.commit,
    seen: 0,
    applied: 0,
    body: encodeCommitBody({ commit: randomBytes(100), roster: encodeRoster(roster) }),
  });
  const chunk = randomBytes(100);
  const chunkHash = new Uint8Array(hash("sha256", chunk, "buffer"));
  const [outcome] = await store.append(
    [
      {
        conversation: { conversation, kind: KIND.group, pair: null, room: null },
        account: first.accountKey,
        device: first.deviceKey,
        send: randomBytes(16),
        kind: ENTRY_KIND.commit,
        seen: 0,
        applied: 0,
        envelope,
        hash: new Uint8Array(hash("sha256", envelope, "buffer")),
        parts: {
          roster,
          groupInfo: new Uint8Array(10),
          treeChunks: [chunkHash],
          newChunks: [{ hash: chunkHash, bytes: chunk }],
          welcomes: [],
          welcomeFor: [],
        },
      },
    ],
    Date.now(),
  );
  if (outcome?.kind !== "stored") throw new Error("the group wasn't born");
  return { bytes: idBytes(conversation), key: outcome.conversation };
}

export const proofOf = (who: BenchDevice, challenge: Uint8Array, origin: string) => ({
  account: who.account,
  device: who.device,
  origin,
  signature: new Uint8Array(
    sign(null, sessionChallengeMessage({ origin, challenge, account: who.account, device: who.device }), who.signInKey),
  ),
});
