import { equalBytes, type AccountId, type DeviceId } from "@sotto/protocol";
import { verifyChain } from "./chain.ts";
import { possessionProofs } from "./create-statements.ts";
import {
  channelOfNew,
  linkCommitment,
  linkDigits,
  newShare,
  openLink,
  sealLink,
  type LinkChannel,
  type NewShare,
} from "./link-channel.ts";
import {
  decodeAsk,
  decodeEnrolment,
  decodeHello,
  decodeSealed,
  encodeDescription,
  encodeProofs,
  encodeReveal,
  encodeSealed,
  LINK_MESSAGE,
  type LinkEnrolment,
  type NewDevice,
} from "./link-wire.ts";
import type { KeyPair } from "./signature.ts";
import type { SignMessage } from "./signed-statement.ts";
import { deviceIdOfKeys, readStatement } from "./statement.ts";

/** The keys of the device that wants in, and how it introduces itself. They are the device's for good once it is admitted. */
export type LinkApplicant = {
  signInPublicKey: Uint8Array;
  signWithSignInKey: SignMessage;
  leafKey: KeyPair;
  /** "web", "terminal", "bot" */
  kind: string;
  /** At most 64 UTF-16 units. Only the signed-in device sees it. */
  name: string;
};

type Secrets = { applicant: LinkApplicant; share: NewShare; commitment: Uint8Array };

/** Where a link stands on the new device. Nothing comes back from `failed`: a person starts anew. */
export type LinkNewDevice =
  /** Nobody has taken the code, or nobody has said hello. */
  | { kind: "waiting"; secrets: Secrets }
  /** Both sides show the digits; the other one asks its person. */
  | { kind: "comparing"; digits: string; secrets: Secrets; channel: LinkChannel }
  /** Admitted by the person; the keys are proved to the account. */
  | { kind: "proving"; digits: string; account: AccountId; secrets: Secrets; channel: LinkChannel }
  /** The chain stands, and ends with this device. Ask the server to add it. */
  | { kind: "enrolled"; account: AccountId; device: DeviceId; enrolment: LinkEnrolment }
  | { kind: "failed" };

export type LinkNewDeviceStep = { link: LinkNewDevice; reply: Uint8Array | null };

type Random = (length: number) => Uint8Array;

const FAILED: LinkNewDeviceStep = { link: { kind: "failed" }, reply: null };

/** Begins a link on a device that is signed out. @returns `commitment`: 32 bytes, to ask the server for a code with */
export function beginLink(applicant: LinkApplicant, random: Random): { link: LinkNewDevice; commitment: Uint8Array } {
  const share = newShare(random);
  const commitment = linkCommitment(share, deviceOf(applicant));
  return { link: { kind: "waiting", secrets: { applicant, share, commitment } }, commitment };
}

/** Takes a message of the signed-in device, hostile until shown otherwise. One that doesn't belong here fails the link. */
export async function onLinkMessageToNew(
  link: LinkNewDevice,
  message: Uint8Array,
  random: Random,
): Promise<LinkNewDeviceStep> {
  switch (link.kind) {
    case "waiting":
      return reveal(link.secrets, message, random);
    case "comparing":
      return prove(link, message, random);
    case "proving":
      return enrol(link, message);
    // Nothing that is said afterwards undoes it.
    case "enrolled":
      return { link, reply: null };
    case "failed":
      return FAILED;
  }
}

const deviceOf = ({ signInPublicKey, leafKey, kind, name }: LinkApplicant): NewDevice => ({
  signInPublicKey,
  leafPublicKey: leafKey.publicKey,
  kind,
  name,
});

function reveal(secrets: Secrets, message: Uint8Array, random: Random): LinkNewDeviceStep {
  const { applicant, share, commitment } = secrets;
  const hello = decodeHello(message);
  const agreed = hello === undefined ? undefined : channelOfNew(share, commitment, hello, random);
  if (agreed === undefined) return FAILED;
  const { channel, encapsulation } = agreed;
  const plain = encodeDescription(deviceOf(applicant));
  const description = sealLink(channel, "fromNew", LINK_MESSAGE.reveal, plain, random);
  return {
    link: { kind: "comparing", digits: linkDigits(channel), secrets, channel },
    reply: encodeReveal({ ephemeral: share.ephemeral, nonce: share.nonce, encapsulation, description }),
  };
}

async function prove(
  { digits, secrets, channel }: Extract<LinkNewDevice, { kind: "comparing" }>,
  message: Uint8Array,
  random: Random,
): Promise<LinkNewDeviceStep> {
  const plain = opened(channel, LINK_MESSAGE.ask, message);
  const account = plain === undefined ? undefined : decodeAsk(plain);
  if (account === undefined) return FAILED;
  const proofs = encodeProofs(await possessionProofs({ ...secrets.applicant, account }));
  const box = sealLink(channel, "fromNew", LINK_MESSAGE.prove, proofs, random);
  return {
    link: { kind: "proving", digits, account, secrets, channel },
    reply: encodeSealed(LINK_MESSAGE.prove, box),
  };
}

function enrol(
  { account, secrets, channel }: Extract<LinkNewDevice, { kind: "proving" }>,
  message: Uint8Array,
): LinkNewDeviceStep {
  const plain = opened(channel, LINK_MESSAGE.enrol, message);
  const enrolment = plain === undefined ? undefined : decodeEnrolment(plain);
  if (enrolment === undefined || !addsExactly(enrolment.chain, account, secrets.applicant)) return FAILED;
  const device = deviceIdOfKeys(secrets.applicant.signInPublicKey, secrets.applicant.leafKey.publicKey);
  return { link: { kind: "enrolled", account, device, enrolment }, reply: null };
}

function opened(channel: LinkChannel, type: 3 | 5, message: Uint8Array): Uint8Array | undefined {
  const box = decodeSealed(type, message);
  return box === undefined ? undefined : openLink(channel, "fromOld", type, box);
}

/** Is this the chain of the account that asked, and is its last statement the one that adds these very keys? */
function addsExactly(chain: readonly Uint8Array[], account: AccountId, applicant: LinkApplicant): boolean {
  const verdict = verifyChain(chain);
  if (verdict.kind === "invalid" || verdict.chain.account !== account) return false;
  const last = readStatement(chain.at(-1)!);
  return (
    last.kind === "statement" &&
    last.statement.kind === "addDevice" &&
    equalBytes(last.statement.signInKey, applicant.signInPublicKey) &&
    equalBytes(last.statement.leafKey, applicant.leafKey.publicKey) &&
    last.statement.deviceKind === applicant.kind
  );
}
