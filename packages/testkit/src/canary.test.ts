import { toBase64Url, utf8 } from "@sotto/protocol";
import { expect, test } from "vitest";
import { CANARY, FrameScan, scan } from "./canary.ts";
import { leaks } from "./invariants.ts";
import { World } from "./world.ts";

const around = (planted: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from("before"), Buffer.from(planted), Buffer.from("after")]);

test("finds a planted canary however it is spelled, and nothing where there is none", () => {
  expect(scan(around(CANARY))).toEqual(["utf-8"]);
  expect(scan(around(Buffer.from(CANARY, "utf16le")))).toContain("utf-16le");
  expect(scan(around(Buffer.from(CANARY).toString("hex")))).toContain("hex");
  expect(scan(around(Buffer.from(CANARY).toString("hex").toUpperCase()))).toContain("HEX");
  for (const shift of ["", "a", "ab", "abc"]) {
    expect(scan(around(Buffer.from(`${shift}${CANARY} and more`).toString("base64"))).length).toBe(1);
    expect(scan(around(toBase64Url(utf8(`${shift}${CANARY} and more`)))).length).toBe(1);
  }
  expect(scan(around(CANARY.slice(0, -1)))).toEqual([]);
  const frames = new FrameScan();
  frames.add(utf8(CANARY.slice(0, 10)));
  frames.add(utf8(CANARY.slice(10)));
  expect([...frames.finish()]).toEqual([]);
  frames.add(utf8(`x${CANARY}x`));
  expect([...frames.finish()]).toEqual(["utf-8"]);
});

test("finds what lies in the server's write-ahead log, in its log and in a frame", async () => {
  const world = await World.create("planted canary");
  try {
    const device = await world.signedUp("alice");
    expect(await leaks(world)).toEqual([]);
    // A room's name is public: the server keeps it as it is.
    const planted = "zk7qxw9rtb3mvn5sld8h";
    await world.until(device.engine.createRoom({ room: planted }));
    expect(scan(Buffer.concat(world.server.disk()), planted)).toContain("utf-8");
    world.server.logged.push(JSON.stringify({ text: CANARY }));
    world.network.witness?.("alice", "up", utf8(CANARY));
    expect(await leaks(world)).toEqual([
      "a frame holds the canary in utf-8",
      "the server's log holds the canary in utf-8",
    ]);
  } finally {
    world.close();
  }
});
