import { WELCOME_BYTES_MAX, WELCOMES_MAX } from "@sotto/protocol";
import { emptyPskIndex, type Welcome } from "ts-mls";
import { joinGroupWithExtensions } from "ts-mls/clientState.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { decryptGroupInfo, decryptGroupSecrets } from "ts-mls/welcome.js";
import { equalBytes } from "@sotto/protocol";
import { CLIENT_CONFIG } from "./client-config.ts";
import { checkGroup, extensionsOf, type JoinRefusal } from "./group-info.ts";
import { GroupState } from "./group-state.ts";
import type { ChainJudge } from "./judge.ts";
import { readPrivateKeyPackage } from "./key-package.ts";
import type { Leaf } from "./leaf.ts";
import { type GroupInfo, groupInfoBytes, readKeyPackage, readMessage } from "./library.ts";
import { withTruePrivateKeys } from "./private-keys.ts";
import { type LeafKey, type Provider, SUITE } from "./provider.ts";

/** The key packages that a Welcome is for, by reference: 64 bytes each. Undefined when it isn't one Welcome of our suite. */
export function welcomeReferences(bytes: Uint8Array): Uint8Array[] | undefined {
  return read(bytes)?.secrets.map((each) => each.newMember);
}

function read(bytes: Uint8Array): Welcome | undefined {
  if (bytes.length > WELCOME_BYTES_MAX) return undefined;
  const message = readMessage(bytes);
  if (message === undefined || message.version !== "mls10" || message.wireformat !== "mls_welcome") return undefined;
  const { welcome } = message;
  return welcome.cipherSuite === SUITE && welcome.secrets.length <= WELCOMES_MAX ? welcome : undefined;
}

export type WelcomeRequest = {
  provider: Provider;
  /** One MLSMessage. */
  welcome: Uint8Array;
  /** The key package that it names, with its private part and this device's leaf key. */
  publicBytes: Uint8Array;
  privateBytes: Uint8Array;
  leafKey: LeafKey;
  treeChunks: readonly Uint8Array[];
  judge: ChainJudge;
};

export type Joined =
  | {
      kind: "joined";
      next: GroupState;
      /** Who signed the group's state: the one who added us. */
      signer: Leaf;
      /** The log head that they had seen, signed. */
      logHead: Uint8Array;
    }
  | { kind: "refused"; because: JoinRefusal | "not-for-us" | "undecryptable" | "not-in-tree" };

/**
 * Enters a group by Welcome (RFC 9420 §12.4.3.1). The same Welcome joins again and again: whoever calls remembers the reference
 * as used, and refuses a conversation that exists already (T15, T18).
 */
export async function joinByWelcome(request: WelcomeRequest): Promise<Joined> {
  const { provider, leafKey, judge } = request;
  const { suite } = provider;
  const welcome = read(request.welcome);
  const keyPackage = readKeyPackage(request.publicBytes);
  const privateKeys = readPrivateKeyPackage(request.privateBytes, leafKey);
  if (welcome === undefined || keyPackage === undefined || privateKeys === undefined) return refused("malformed");
  const reference = await makeKeyPackageRef(keyPackage, suite.hash);
  if (welcome.secrets.filter((each) => equalBytes(each.newMember, reference)).length !== 1)
    return refused("not-for-us");

  let info: GroupInfo | undefined;
  try {
    const initKey = await suite.hpke.importPrivateKey(privateKeys.initPrivateKey);
    const secrets = await decryptGroupSecrets(initKey, reference, welcome, suite.hpke);
    // No PSK was ever proposed in our groups, so none can be needed.
    if (secrets === undefined || secrets.psks.length > 0) return refused("malformed");
    info = await decryptGroupInfo(welcome, secrets.joinerSecret, new Uint8Array(suite.kdf.size), suite);
  } catch {
    return refused("undecryptable");
  }
  const logHead = info && extensionsOf(info, false);
  if (info === undefined || logHead === undefined || groupInfoBytes(info).length > WELCOME_BYTES_MAX)
    return refused("malformed");
  const checked = await checkGroup(provider, info, request.treeChunks, judge);
  if (checked.kind === "refused") return checked;
  const own = checked.leaves.find((leaf) => equalBytes(leaf.signatureKey, leafKey.publicKey));
  if (own === undefined || own.leafIndex === checked.signer.leafIndex) return refused("not-in-tree");

  try {
    const [mls] = await joinGroupWithExtensions(
      welcome,
      keyPackage,
      privateKeys,
      emptyPskIndex,
      suite,
      checked.tree,
      undefined,
      CLIENT_CONFIG,
    );
    const state = await withTruePrivateKeys(provider, mls);
    if (state === undefined) return refused("undecryptable");
    return { kind: "joined", next: GroupState.of(provider, state), signer: checked.signer, logHead };
  } catch {
    return refused("bad-tree"); // tree hash, parent hashes or confirmation tag
  }
}

function refused(because: Extract<Joined, { kind: "refused" }>["because"]): Joined {
  return { kind: "refused", because };
}
