import { expect, test } from "vitest";
import type { AccountNotice, OwnDevice } from "@sotto/engine";
import { deviceIdOf } from "@sotto/protocol";
import { browserName, deviceInSentence, lastSeenWords, ownDeviceRows } from "./device-words.ts";
import { countdown, groupsOf, keyCharacters, safetyGroups, spacedDigits, spacedKey, spoken } from "./grouped-text.ts";
import { noticeWords } from "./notice-words.ts";

const HOUR = 3_600_000;
const now = Date.UTC(2026, 2, 4, 12);
const place = { locale: "en-GB", timeZone: "UTC" };
const device = deviceIdOf(new Uint8Array(16));
const own = (change: Partial<OwnDevice> = {}): OwnDevice => ({
  device,
  name: "Work laptop",
  kind: "web",
  addedAt: Date.UTC(2026, 0, 12),
  lastSeenAt: now - 3 * HOUR,
  current: false,
  active: true,
  revokedAt: null,
  fingerprint: "",
  ...change,
});

test("devices in use and devices that are gone, each in a sentence that says no more than is known", () => {
  const { active, gone } = ownDeviceRows(
    [own({ current: true }), own(), own({ name: "\u202E", kind: "x", active: false, revokedAt: now - 26 * HOUR })],
    { now, place },
  );
  expect(active.map(({ about }) => about)).toEqual([
    "Browser. Added 12 January.",
    "Browser. Added 12 January. Active 3 hours ago.",
  ]);
  expect(gone.map(({ name, about }) => [name, about])).toEqual([
    ["Device", "Device. Added 12 January. Signed out yesterday."],
  ]);
  expect(lastSeenWords(null, now, place)).toBe("");
  expect(lastSeenWords(now - HOUR, now, place)).toBe("Active within the last hour");
  expect(lastSeenWords(now - 30 * HOUR, now, place)).toBe("Last active yesterday");
});

test("what a browser is called before anybody gives it a name", () => {
  const chrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
  const phone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1";
  expect([chrome, phone, `${chrome} Edg/156.0`, "curl/8"].map(browserName)).toEqual([
    "Chrome on Linux",
    "Safari on iPhone",
    "Edge on Linux",
    "",
  ]);
  expect(["Browser", "Terminal", "", "Work laptop"].map(deviceInSentence)).toEqual([
    "A browser",
    "A terminal",
    "A device",
    "Work laptop",
  ]);
});

test("keys are read as people type and paste them", () => {
  expect(keyCharacters("k7qf-2m9d o o il\nU!")).toBe("K7QF2M9D0011");
  expect(spacedKey(" k7qf2m9dx", 32)).toBe("K7QF 2M9D X");
  expect(spacedKey("A".repeat(40), 32)).toBe(Array.from({ length: 8 }, () => "AAAA").join(" "));
  expect(groupsOf("", 4)).toEqual([]);
  expect(spacedDigits("627014")).toBe("627 014");
  expect(safetyGroups("33184 50247\n93352")).toEqual(["33184", "50247", "93352"]);
  expect(spoken("33184")).toBe("3 3 1 8 4");
  expect([60_000, 59_001, 9_500, 0, -5].map(countdown)).toEqual(["1:00", "1:00", "0:10", "0:00", "0:00"]);
});

test("[T70] what happened to the account is said with what to do, and what still runs can't be waved away", () => {
  const notice = (what: Record<string, unknown>) =>
    noticeWords({ notice: "n", at: now - HOUR, ...what } as AccountNotice, { now, place });
  expect(notice({ kind: "device-added", device, name: "Tablet" })).toMatchObject({
    title: "Tablet was added to your account at 11:00.",
    action: "devices",
    mayDismiss: true,
  });
  const other = notice({ kind: "reclaim-announced", device, name: "Phone", completesAt: now + HOUR, own: false });
  expect(other).toMatchObject({ tone: "danger", verb: "Stop it", mayDismiss: false });
  const mine = { kind: "reclaim-announced", device, name: "Phone", own: true };
  expect(notice({ ...mine, completesAt: now + HOUR }).title).toContain("Ready at 13:00");
  expect(notice({ ...mine, completesAt: now - 1 }).verb).toBe("Finish");
  expect(notice({ kind: "cloned" })).toMatchObject({ tone: "danger", action: "sign-in", mayDismiss: false });
  for (const kind of ["password-changed", "recovery-key-changed", "reclaimed"])
    expect(notice({ kind, device, name: "" }).next).not.toBe("");
});
