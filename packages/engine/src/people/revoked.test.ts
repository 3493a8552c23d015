import type { VerifiedChain } from "@sotto/crypto";
import { deviceIdOf } from "@sotto/protocol";
import { expect, test } from "vitest";
import { isFromRevoked, type Arrival } from "./revoked.ts";

const [phone, laptop] = [deviceIdOf(new Uint8Array(16).fill(1)), deviceIdOf(new Uint8Array(16).fill(2))];
/** Seconds. */
const ENDED = 1_000;

/** What counts of a chain here. */
function chainOf(phoneEnded: boolean): VerifiedChain {
  const device = { signInKey: new Uint8Array(32), leafKey: new Uint8Array(32), kind: "web", addedAt: 1 };
  return {
    devices: [
      { ...device, device: phone, active: !phoneEnded, revokedAt: phoneEnded ? ENDED : null },
      { ...device, device: laptop, active: true, revokedAt: null },
    ],
    closed: false,
    closedAt: null,
  } as unknown as VerifiedChain;
}

const EARLY: Arrival = { acceptedAt: 1_000_999, acceptedFloor: 0, checkedAt: 0 };

test.each<[string, Partial<Arrival>, boolean]>([
  ["what was taken before the end of the device", { acceptedAt: 999_999 }, false],
  ["what was taken in the second of its end, perhaps before it", {}, false],
  ["T19 what was taken after", { acceptedAt: 1_001_000 }, true],
  ["T19 what the server calls older than an entry before it", { acceptedFloor: 1_001_000 }, true],
  ["T70 what the server calls older than a look at the end of the log", { checkedAt: 1_001_000 }, true],
  ["what is older than the newest of everything", { acceptedFloor: 1_000_999, checkedAt: 1_000_999 }, false],
])("%s", (_what, arrival, hidden) => {
  expect(isFromRevoked(chainOf(true), phone, () => ({ ...EARLY, ...arrival }))).toBe(hidden);
});

test("T19 only of that device: others of the account, and devices that the pin doesn't know, are judged by their leaf", () => {
  const late = () => ({ ...EARLY, acceptedAt: 9_000_000 });
  expect(isFromRevoked(chainOf(true), laptop, late)).toBe(false);
  expect(isFromRevoked(chainOf(true), deviceIdOf(new Uint8Array(16).fill(3)), late)).toBe(false);
  expect(isFromRevoked(undefined, phone, late)).toBe(false);
});

test("T70 nor what comes from any device of an account that was closed by then; one that ended earlier counts from its own end", () => {
  const closed = { ...chainOf(false), closed: true, closedAt: ENDED };
  for (const device of [phone, laptop]) {
    expect(isFromRevoked(closed, device, () => EARLY)).toBe(false);
    expect(isFromRevoked(closed, device, () => ({ ...EARLY, acceptedAt: 1_001_000 }))).toBe(true);
  }
  const later = { ...chainOf(true), closed: true, closedAt: ENDED + 100 };
  expect(isFromRevoked(later, phone, () => ({ ...EARLY, acceptedAt: 1_001_000 }))).toBe(true);
  expect(isFromRevoked(later, laptop, () => ({ ...EARLY, acceptedAt: 1_001_000 }))).toBe(false);
});

test.each([
  ["after the end was noticed, and the log was seen to end without it", 500_000, 500_000, true],
  ["before that", 499_999, 500_000, false],
  ["of an end that nobody dated ahead", 999_999, undefined, false],
])(
  "T70 an end that is dated ahead counts from when it was noticed: what came %s",
  (_what, checkedAt, noticedAt, hidden) => {
    const arrival = () => ({ acceptedAt: 1_000, acceptedFloor: 0, checkedAt, noticedAt });
    expect(isFromRevoked(chainOf(true), phone, arrival)).toBe(hidden);
  },
);

test("nothing is looked up for a device that is active", () => {
  const lookUp = (): Arrival => {
    throw new Error("looked up");
  };
  expect(isFromRevoked(chainOf(false), phone, lookUp)).toBe(false);
});
