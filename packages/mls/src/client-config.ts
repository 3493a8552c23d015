import { equalBytes, GENERATION_STEPS_MAX } from "@sotto/protocol";
import type { ClientConfig, LeafNode } from "./library.ts";
import { decodeIdentity } from "./identity.ts";

function isSameDevice(a: LeafNode, b: LeafNode): boolean {
  if (equalBytes(a.signaturePublicKey, b.signaturePublicKey)) return true;
  return (
    a.credential.credentialType === "basic" &&
    b.credential.credentialType === "basic" &&
    equalBytes(a.credential.identity, b.credential.identity)
  );
}

/** How the library is set, always. It is told as little as possible: what it can't judge is judged by this package. */
export const CLIENT_CONFIG: ClientConfig = {
  keyRetentionConfig: {
    // Skipped keys of one sender. As many as may be skipped at once, else a jump would lose posts for good.
    retainKeysForGenerations: GENERATION_STEPS_MAX,
    retainKeysForEpochs: 0,
    maximumForwardRatchetSteps: GENERATION_STEPS_MAX,
  },
  // Key packages' lifetimes are checked by whoever adds them, with a clock that is an argument (checkKeyPackage).
  lifetimeConfig: { maximumTotalLifetime: 0n, validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: {
    compareKeyPackages: (a, b) => isSameDevice(a.leafNode, b.leafNode),
    compareKeyPackageToLeafNode: (a, leaf) => isSameDevice(a.leafNode, leaf),
  },
  // Posts are padded by the engine, to better sizes.
  paddingConfig: { kind: "padUntilLength", padUntilLength: 0 },
  authService: {
    // The library gives no leaf here, hence no chain: only the form is decided. Chains are judged on the staged result.
    async validateCredential(credential) {
      return credential.credentialType === "basic" && decodeIdentity(credential.identity) !== undefined;
    },
  },
};
