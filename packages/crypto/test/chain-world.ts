import { encodeCbor, type DeviceId } from "@sotto/protocol";
import { verifyChain, type VerifiedChain } from "../src/chain.ts";
import {
  createAnnounceReclaim,
  createCompleteReclaim,
  createRotateAccountKey,
  createRotateRecoveryKey,
} from "../src/create-key-changes.ts";
import {
  createAddDevice,
  createCloseAccount,
  createGenesis,
  createRevokeDevice,
  type Genesis,
} from "../src/create-statements.ts";
import { generateKeyPair, signMessage, type KeyPair } from "../src/signature.ts";
import type { SignMessage } from "../src/signed-statement.ts";
import { statementMessage, unsignedStatement } from "../src/statement.ts";
import { seededRandom } from "./seeded-random.ts";

export const NOW = 1_800_000_000;
export const DAY = 24 * 60 * 60;

export function valid(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid") throw new Error(verdict.because);
  return verdict.chain;
}

/** "valid", or why not. */
export function because(statements: readonly Uint8Array[]): string {
  const verdict = verifyChain(statements);
  return verdict.kind === "valid" ? "valid" : verdict.because;
}

/** Any statement, signed by any key: what a hostile server or member may make. */
export function forge(
  privateKey: Uint8Array,
  kind: number,
  previous: Uint8Array,
  fields: readonly unknown[],
): Uint8Array {
  const unsigned = unsignedStatement(kind, previous, fields);
  return encodeCbor([...unsigned, signMessage(privateKey, statementMessage(unsigned))]);
}

export type WorldDevice = { device: DeviceId; signIn: KeyPair; leaf: KeyPair; sign: SignMessage };
export type ReclaimKeys = { accountPrivateKey: Uint8Array; recoveryKey: Uint8Array };

/** An account with all its secrets, which does what honest devices do. `statements` grows as they do it. */
export class World {
  readonly random: (length: number) => Uint8Array;
  readonly genesis: Genesis;
  statements: Uint8Array[];
  accountPrivateKey: Uint8Array;
  recoveryKey: Uint8Array;

  private constructor(random: (length: number) => Uint8Array, genesis: Genesis) {
    this.random = random;
    this.genesis = genesis;
    this.statements = [genesis.statement];
    this.accountPrivateKey = genesis.accountPrivateKey;
    this.recoveryKey = genesis.recoveryKey;
  }

  static async begin(seed: number): Promise<World> {
    const random = seededRandom(seed);
    return new World(random, await createGenesis(random));
  }

  get chain(): VerifiedChain {
    return valid(this.statements);
  }

  /** Takes a statement on if it fits; says what became of it. */
  offer(statement: Uint8Array): string {
    const verdict = because([...this.statements, statement]);
    if (verdict === "valid") this.statements.push(statement);
    return verdict;
  }

  async add(): Promise<WorldDevice> {
    const [signIn, leaf] = [generateKeyPair(this.random), generateKeyPair(this.random)];
    const sign: SignMessage = async (message) => signMessage(signIn.privateKey, message);
    const { statement, device } = await createAddDevice({
      chain: this.statements,
      accountPrivateKey: this.accountPrivateKey,
      signInPublicKey: signIn.publicKey,
      signWithSignInKey: sign,
      leafKey: leaf,
      kind: "web",
      addedAt: NOW,
    });
    this.statements.push(statement);
    return { device, signIn, leaf, sign };
  }

  revocation(of: WorldDevice, by: "account" | "device" = "account"): Promise<Uint8Array> {
    const signer =
      by === "account"
        ? ({ kind: "account", privateKey: this.accountPrivateKey } as const)
        : ({ kind: "device", sign: of.sign } as const);
    return createRevokeDevice({ chain: this.statements, device: of.device, signer, revokedAt: NOW });
  }

  close(): Promise<Uint8Array> {
    const { statements: chain, accountPrivateKey } = this;
    return createCloseAccount({ chain, accountPrivateKey, closedAt: NOW });
  }

  rotation(): Promise<{ statement: Uint8Array; accountPrivateKey: Uint8Array }> {
    const { statements: chain, accountPrivateKey, random } = this;
    return createRotateAccountKey({ chain, accountPrivateKey, rotatedAt: NOW, random });
  }

  recoveryRotation(): Promise<{ statement: Uint8Array; recoveryKey: Uint8Array }> {
    const { statements: chain, accountPrivateKey, random } = this;
    return createRotateRecoveryKey({ chain, accountPrivateKey, rotatedAt: NOW, random });
  }

  announcement(by: WorldDevice, announcedAt: number): Promise<ReclaimKeys & { statement: Uint8Array }> {
    const { statements: chain, random } = this;
    return createAnnounceReclaim({ chain, device: by.device, signWithSignInKey: by.sign, announcedAt, random });
  }

  completion(by: WorldDevice, keys: ReclaimKeys, completedAt: number): Promise<Uint8Array> {
    const { accountPrivateKey, recoveryKey } = keys;
    const chain = this.statements;
    const { device, sign: signWithSignInKey } = by;
    return createCompleteReclaim({ chain, device, signWithSignInKey, accountPrivateKey, recoveryKey, completedAt });
  }
}
