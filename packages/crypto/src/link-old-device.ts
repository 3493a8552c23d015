import { equalBytes, type AccountId } from "@sotto/protocol";
import type { PossessionProofs } from "./create-statements.ts";
import { LABEL } from "./labels.ts";
import {
  channelOfOld,
  linkCommitment,
  linkDigits,
  oldShare,
  openLink,
  sealLink,
  type LinkChannel,
  type OldShare,
} from "./link-channel.ts";
import { LINK_PREFIX_BYTES } from "./link-code.ts";
import {
  decodeDescription,
  decodeProofs,
  decodeReveal,
  decodeSealed,
  encodeAsk,
  encodeEnrolment,
  encodeHello,
  encodeSealed,
  LINK_MESSAGE,
  type LinkEnrolment,
  type NewDevice,
} from "./link-wire.ts";
import { verify } from "./signature.ts";
import { possessionBody } from "./statement.ts";

/** Where a link stands on the signed-in device. Nothing comes back from `failed`: a person starts anew. */
export type LinkOldDevice =
  /** Said hello; the new device is to show what it committed to. */
  | { kind: "greeting"; commitment: Uint8Array; share: OldShare }
  /** The person compares the digits and sees what asks to be admitted. {@link askForProofs} when they agree. */
  | { kind: "comparing"; digits: string; asks: NewDevice; channel: LinkChannel }
  | { kind: "asking"; account: AccountId; asks: NewDevice; channel: LinkChannel }
  /** Both keys are proved: make the statement (createAddDeviceFromProofs), then {@link enrolLinked}. */
  | { kind: "proved"; account: AccountId; asks: NewDevice; proofs: PossessionProofs; channel: LinkChannel }
  | { kind: "failed" };

type Random = (length: number) => Uint8Array;
type At<K extends LinkOldDevice["kind"]> = Extract<LinkOldDevice, { kind: K }>;

const FAILED = { kind: "failed" } as const;

/**
 * Begins a link on a device that is signed in, with the commitment that the server has for the code.
 * @param prefix of the commitment as it was scanned, null when the code was typed
 * @returns `message`: to send; null when the server's commitment isn't the one that was scanned
 */
export function greetLink(
  parts: { commitment: Uint8Array; prefix: Uint8Array | null },
  random: Random,
): { link: LinkOldDevice; message: Uint8Array | null } {
  const { commitment, prefix } = parts;
  if (prefix !== null && !equalBytes(prefix, commitment.subarray(0, LINK_PREFIX_BYTES)))
    return { link: FAILED, message: null };
  const share = oldShare(random);
  return { link: { kind: "greeting", commitment, share }, message: encodeHello(share) };
}

/** Takes a message of the new device, hostile until shown otherwise. One that doesn't belong here fails the link. */
export function onLinkMessageToOld(link: LinkOldDevice, message: Uint8Array): LinkOldDevice {
  switch (link.kind) {
    case "greeting":
      return compare(link, message);
    case "asking":
      return takeProofs(link, message);
    case "comparing":
    case "proved":
    case "failed":
      return FAILED;
  }
}

function compare({ commitment, share }: At<"greeting">, message: Uint8Array): LinkOldDevice {
  const revealed = decodeReveal(message);
  const channel = revealed === undefined ? undefined : channelOfOld(share, commitment, revealed);
  if (revealed === undefined || channel === undefined) return FAILED;
  const plain = openLink(channel, "fromNew", LINK_MESSAGE.reveal, revealed.description);
  const asks = plain === undefined ? undefined : decodeDescription(plain);
  if (asks === undefined || !equalBytes(linkCommitment(revealed, asks), commitment)) return FAILED;
  return { kind: "comparing", digits: linkDigits(channel), asks, channel };
}

/** The person says that the digits are the same, and has given the password. */
export function askForProofs(
  { asks, channel }: At<"comparing">,
  account: AccountId,
  random: Random,
): { link: LinkOldDevice; message: Uint8Array } {
  const box = sealLink(channel, "fromOld", LINK_MESSAGE.ask, encodeAsk(account), random);
  return { link: { kind: "asking", account, asks, channel }, message: encodeSealed(LINK_MESSAGE.ask, box) };
}

function takeProofs({ account, asks, channel }: At<"asking">, message: Uint8Array): LinkOldDevice {
  const box = decodeSealed(LINK_MESSAGE.prove, message);
  const plain = box === undefined ? undefined : openLink(channel, "fromNew", LINK_MESSAGE.prove, box);
  const proofs = plain === undefined ? undefined : decodeProofs(plain);
  if (proofs === undefined) return FAILED;
  const body = possessionBody(account, asks.signInPublicKey, asks.leafPublicKey);
  const areTheirs =
    verify(asks.signInPublicKey, LABEL.signInPossession, body, proofs.signInProof) &&
    verify(asks.leafPublicKey, LABEL.leafPossession, body, proofs.leafProof);
  return areTheirs ? { kind: "proved", account, asks, proofs, channel } : FAILED;
}

/** The last message: the chain that now ends with the new device, and what opens the account's history. */
export function enrolLinked({ channel }: At<"proved">, enrolment: LinkEnrolment, random: Random): Uint8Array {
  const box = sealLink(channel, "fromOld", LINK_MESSAGE.enrol, encodeEnrolment(enrolment), random);
  return encodeSealed(LINK_MESSAGE.enrol, box);
}
