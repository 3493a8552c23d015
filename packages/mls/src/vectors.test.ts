import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  bytesToBase64,
  ciphersuites,
  type CiphersuiteName,
  decodeMlsMessage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  makePskIndex,
  type MLSMessage,
  processMessage,
} from "ts-mls";
import { defaultClientConfig } from "ts-mls/clientConfig.js";
import { decodeRatchetTree } from "ts-mls/ratchetTree.js";
import { describe, expect, test } from "vitest";

// The MLS working group's passive-client vectors against the library as patched. Not part of the repository.
const folder = join(process.env["SOTTO_VECTORS"] ?? join(import.meta.dirname, "../../../../shared/vectors"), "mls");

type Vector = {
  cipher_suite: number;
  external_psks: { psk_id: string; psk: string }[];
  key_package: string;
  signature_priv: string;
  encryption_priv: string;
  init_priv: string;
  welcome: string;
  ratchet_tree: string | null;
  initial_epoch_authenticator: string;
  epochs: { proposals: string[]; commit: string; epoch_authenticator: string }[];
};

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const message = (hex: string): MLSMessage => decodeMlsMessage(fromHex(hex), 0)![0];
const nameOf = new Map<number, CiphersuiteName>(
  Object.entries(ciphersuites).map(([name, id]) => [id, name as CiphersuiteName]),
);

async function follow(vector: Vector): Promise<void> {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(nameOf.get(vector.cipher_suite)!));
  const psks = Object.fromEntries(
    vector.external_psks.map(({ psk_id, psk }) => [bytesToBase64(fromHex(psk_id)), fromHex(psk)]),
  );
  const keyPackage = message(vector.key_package);
  const welcome = message(vector.welcome);
  if (keyPackage.wireformat !== "mls_key_package" || welcome.wireformat !== "mls_welcome")
    throw new Error("not such a vector");
  const privateKeys = {
    signaturePrivateKey: fromHex(vector.signature_priv),
    hpkePrivateKey: fromHex(vector.encryption_priv),
    initPrivateKey: fromHex(vector.init_priv),
  };
  const tree = vector.ratchet_tree === null ? undefined : decodeRatchetTree(fromHex(vector.ratchet_tree), 0)![0];
  const config = { ...defaultClientConfig, keyRetentionConfig: { ...defaultClientConfig.keyRetentionConfig } };
  let state = await joinGroup(
    welcome.welcome,
    keyPackage.keyPackage,
    privateKeys,
    makePskIndex(undefined, psks),
    suite,
    tree,
    undefined,
    config,
  );
  expect(state.keySchedule.epochAuthenticator).toEqual(fromHex(vector.initial_epoch_authenticator));
  for (const { proposals, commit, epoch_authenticator } of vector.epochs) {
    for (const each of [...proposals, commit]) {
      const next = message(each);
      if (next.wireformat !== "mls_private_message" && next.wireformat !== "mls_public_message")
        throw new Error("not such a vector");
      const result = await processMessage(next, state, makePskIndex(state, psks), () => "accept", suite);
      if (result.kind !== "newState") throw new Error("a handshake message that changed nothing");
      state = result.newState;
    }
    expect(state.keySchedule.epochAuthenticator).toEqual(fromHex(epoch_authenticator));
  }
}

describe.each(["passive-client-welcome.json", "passive-client-handling-commit.json"])("%s", (file) => {
  const path = join(folder, file);
  const isHere = existsSync(path);
  const vectors = isHere ? (JSON.parse(readFileSync(path, "utf8")) as Vector[]) : [];
  test.skipIf(!isHere)(
    `all ${vectors.length} vectors${isHere ? "" : " (not found; set SOTTO_VECTORS)"}`,
    async () => {
      expect(vectors.length).toBeGreaterThan(0);
      for (const [i, vector] of vectors.entries()) {
        await follow(vector).catch((error: unknown) => {
          throw new Error(`vector ${i}, suite ${vector.cipher_suite}`, { cause: error });
        });
      }
    },
    120_000,
  );
});
