import { afterEach, beforeEach, expect, test } from "vitest";
import type { OwnDevice, SystemLine } from "@sotto/engine";
import { ERROR_CODES, ROLE } from "@sotto/protocol";
import type { DeviceId } from "@sotto/protocol";
import { deviceInSentence, ownDeviceRows } from "./device-words.ts";
import { durationInWords } from "./duration.ts";
import { failureSentence } from "./failure-words.ts";
import { setLocale } from "./messages.ts";
import { momentWords } from "./notice-words.ts";
import { ADA, GRACE, YOU } from "./people.test-data.ts";
import { peopleInWords } from "./person.ts";
import { sizeInWords } from "./server-words.ts";
import { plain, systemWords } from "./system-line.ts";

const place = { locale: "de", timeZone: "UTC" };
const now = Date.UTC(2026, 2, 4, 12);
const DAY = 86_400_000;

beforeEach(() => setLocale("de"));
afterEach(() => setLocale("en"));

test("who did it decides the verb, and to whom it was done the case", () => {
  const say = (line: SystemLine) => plain(systemWords(line, "group").words);
  expect(say({ kind: "added", by: YOU, people: [ADA, GRACE] })).toBe(
    "Du hast Ada und Grace hinzugefügt · Siegel geändert",
  );
  expect(say({ kind: "added", by: ADA, people: [GRACE, YOU] })).toBe(
    "Ada hat Grace und dich hinzugefügt · Siegel geändert",
  );
  expect(say({ kind: "left", people: [YOU] })).toBe("Du hast die Unterhaltung verlassen · Siegel geändert");
  expect(say({ kind: "left", people: [GRACE] })).toBe("Grace hat die Unterhaltung verlassen · Siegel geändert");
  expect(say({ kind: "left", people: [GRACE, ADA] })).toBe(
    "Grace und Ada haben die Unterhaltung verlassen · Siegel geändert",
  );
  expect(say({ kind: "removed", by: ADA, people: [YOU] })).toBe(
    "Ada hat dich entfernt. Du kannst nicht lesen, was ab jetzt gesendet wird.",
  );
  expect(say({ kind: "role", by: ADA, person: YOU, role: ROLE.admin })).toBe("Ada hat dich zum Admin gemacht");
});

test("what a conversation is decides the gender", () => {
  const line: SystemLine = { kind: "settings", by: ADA };
  expect(plain(systemWords(line, "group").words)).toBe("Ada hat die Einstellungen dieser Gruppe geändert");
  expect(plain(systemWords(line, "room").words)).toBe("Ada hat die Einstellungen dieses Raums geändert");
  expect(plain(systemWords(line, "direct").words)).toBe("Ada hat die Einstellungen dieser Unterhaltung geändert");
});

test("[T53] names stand out where the language puts them, and no name forges another place", () => {
  const { words } = systemWords({ kind: "identity-changed", person: ADA }, "direct");
  expect(words.filter(({ strong }) => strong)).toEqual([{ text: "Ada", strong: true }]);
  expect(words[0]?.text).toBe("Die Schlüssel von ");
  const forger = { ...ADA, displayName: "\u00011\u0001 {people}" };
  const added = systemWords({ kind: "added", by: forger, people: [GRACE] }, "group").words;
  expect(added.filter(({ strong }) => strong).map(({ text }) => text)).toEqual(["1", "Grace"]);
});

test("numbers, times, sizes and lists are written as German writes them", () => {
  expect(plain(systemWords({ kind: "keys-missing", entries: 1, state: "not-a-member" }, "group").words)).toBe(
    "1 Nachricht aus der Zeit, bevor du hier warst. Sie wurde nicht für dich versiegelt.",
  );
  expect(momentWords(now - DAY, now, place)).toBe("gestern um 12:00");
  expect(momentWords(now - 2 * DAY, now, place)).toBe("am Montag um 12:00");
  expect(sizeInWords(1234)).toBe("1,2 KB");
  expect(peopleInWords(["Ada", "Grace"], 5)).toBe("Ada, Grace und 3 weitere");
  expect(durationInWords(7 * 86_400)).toBe("1 Woche");
  expect(durationInWords(90 * 60)).toBe("90 Minuten");
});

test("a device and when it was last there", () => {
  const device: OwnDevice = {
    device: "d" as DeviceId,
    name: "",
    kind: "web",
    addedAt: now - DAY,
    lastSeenAt: now - 3 * 3_600_000,
    active: true,
    current: false,
    revokedAt: null,
    fingerprint: "",
  };
  const [row] = ownDeviceRows([device], { now, place }).active;
  expect(row?.name).toBe("Browser");
  expect(deviceInSentence("Device")).toBe("Ein Gerät"); // it was added while the app spoke English
  expect(row?.about).toBe("Browser. Hinzugefügt gestern. Vor 3 Stunden aktiv.");
});

test("no failure that has words is left in English", () => {
  const same = ERROR_CODES.filter((code) => {
    const say = () => failureSentence({ code, message: "", remedy: { kind: "none" } });
    setLocale("en");
    const english = say();
    setLocale("de");
    return say() === english;
  });
  expect(same).toEqual([]);
});
