import type { AccountNotice, OwnDevice } from "@sotto/engine";
import { deviceIdOf } from "@sotto/protocol";
import { expect, test } from "vitest";
import { pickDevice, shortId } from "./devices.ts";
import { EXIT } from "./exit.ts";
import { noticeLines } from "./notices.ts";

const device = (number: number, change: Partial<OwnDevice> = {}): OwnDevice => ({
  device: deviceIdOf(new Uint8Array(16).fill(number)),
  name: `Device ${number}`,
  kind: "terminal",
  addedAt: 0,
  lastSeenAt: null,
  current: false,
  active: true,
  revokedAt: null,
  fingerprint: "",
  ...change,
});

test("a device is meant by its name in any case, its id or the beginning of its id; one that is gone by nothing", () => {
  const [one, two, gone] = [device(1), device(2, { name: "T\u001bablet" }), device(3, { active: false })];
  const all = [one, two, gone];
  for (const typed of ["device 1", " DEVICE 1 ", one.device, shortId(one), one.device.slice(0, 4)])
    expect(pickDevice(all, typed)).toBe(one);
  // As it is shown.
  expect(pickDevice(all, "T\\u{1b}ablet")).toBe(two);
  for (const typed of [gone.device, "Device 3", "AQ", "", one.device.slice(0, 3)])
    expect(() => pickDevice(all, typed)).toThrow(expect.objectContaining({ exit: EXIT.nobody }));
});

test("a name that two devices have is refused with their ids, and an id is exact", () => {
  const [one, two] = [device(1, { name: "Terminal" }), device(2, { name: "terminal" })];
  expect(() => pickDevice([one, two], "Terminal")).toThrow(
    expect.objectContaining({ next: [`${one.device}  Terminal`, `${two.device}  terminal`] }),
  );
  expect(pickDevice([one, two], two.device)).toBe(two);
});

test("[T57] [T70] what happened to the account is said with the command to type, and no name acts on the terminal", () => {
  const { device: id } = device(1);
  const notice = (what: Record<string, unknown>) =>
    noticeLines({ notice: "n", at: 0, ...what } as AccountNotice, 1_000);
  const hostile = notice({ kind: "device-added", device: id, name: "Pho\u001b[2Jne\u202e" });
  expect(hostile.lines.join("")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(hostile).toMatchObject({
    mayDismiss: true,
    lines: [expect.stringContaining("was added"), expect.anything(), "  sotto devices"],
  });
  const other = notice({ kind: "reclaim-announced", device: id, name: "Phone", completesAt: 5_000, own: false });
  expect(other).toMatchObject({ mayDismiss: false, lines: [expect.anything(), expect.anything(), "  sotto devices"] });
  const own = notice({ kind: "reclaim-announced", device: id, name: "Phone", completesAt: 5_000, own: true });
  expect(own.lines[2]).toBe("  sotto reclaim complete");
  expect(notice({ kind: "cloned" }).lines.join("\n")).not.toMatch(/browser|page|tab/i);
});
