import { type AccountId, accountIdOf, concat, type DeviceId, deviceIdOf, idBytes } from "@sotto/protocol";

/** Who a leaf is: one device of one account. Unique in a group. */
export type LeafIdentity = { account: AccountId; device: DeviceId };

const VERSION = 1;
const ACCOUNT_BYTES = 32;
const DEVICE_BYTES = 16;

/** The identity of an MLS basic credential (RFC 9420 §5.3): version 1, 32 bytes of account, 16 of device. */
export function encodeIdentity({ account, device }: LeafIdentity): Uint8Array {
  return concat(Uint8Array.of(VERSION), idBytes(account), idBytes(device));
}

/** Undefined for any other length or version. */
export function decodeIdentity(bytes: Uint8Array): LeafIdentity | undefined {
  if (bytes.length !== 1 + ACCOUNT_BYTES + DEVICE_BYTES || bytes[0] !== VERSION) return undefined;
  return {
    account: accountIdOf(bytes.subarray(1, 1 + ACCOUNT_BYTES)),
    device: deviceIdOf(bytes.subarray(1 + ACCOUNT_BYTES)),
  };
}

export function sameIdentity(a: LeafIdentity, b: LeafIdentity): boolean {
  return a.account === b.account && a.device === b.device;
}
