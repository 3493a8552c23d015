import type { Engine, Linking } from "@sotto/engine";
import { SottoError } from "@sotto/protocol";
import { expect, test } from "vitest";
import { fakeEngine, SIGNED_IN } from "../../test/fake-engine.ts";
import { fakeRun } from "../../test/fake-run.ts";
import { EXIT } from "../exit.ts";
import { linkAnother, linkThisDevice } from "./link.ts";

const SOON = 60_000;
const expired = { code: "link/expired", message: "", remedy: { kind: "none" } } as const;
const compare: Linking = {
  kind: "compare",
  digits: "627014",
  asks: { kind: "web", name: "Pix\u001b[2Jel" },
  expiresAt: SOON,
};

/** An engine in which linking stands where a test says. */
function linkingEngine(more: Partial<Engine>) {
  const fake = fakeEngine();
  const state = { linking: { kind: "none" } as Linking, cancelled: 0 };
  const at = (linking: Linking): void => {
    state.linking = linking;
    fake.tell({ kind: "linking" });
  };
  Object.assign(fake.engine, {
    linking: async () => state.linking,
    cancelLink: async () => void state.cancelled++,
    ...more,
  } satisfies Partial<Engine>);
  return { ...fake, state, at };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

test("a new device shows code and picture, a new one when its minute is over, then the digits", async () => {
  const codes = ["AAAA1111", "BBBB2222"];
  const { engine, world, at } = linkingEngine({
    startLink: async () => at({ kind: "waiting", code: codes.shift() ?? "", qr: "SOTTO LINK X", expiresAt: SOON }),
  });
  world.session = { kind: "signed-out" };
  const { run, screen, remembered } = fakeRun(engine);
  const linking = linkThisDevice(run);
  await turn();
  expect(screen()).toContain("AAAA 1111");
  expect(screen()).toMatch(/[█▀▄]{5}/);
  at({ kind: "failed", failure: expired });
  await turn();
  expect(screen()).toContain("BBBB 2222");
  at({ kind: "connecting" });
  await turn();
  at(compare);
  await turn();
  expect(screen()).toContain("627 014");
  at({ kind: "admitting" });
  world.session = { ...SIGNED_IN, connection: "online", caughtUp: true };
  at({ kind: "done" });
  expect(await linking).toBe(EXIT.done);
  expect(remembered()).toBe(1);
  expect(screen()).toContain("Signed in as @alice");
});

test("a new device that is refused is no device, and says why", async () => {
  const { engine, world, at, state } = linkingEngine({
    startLink: async () => at({ kind: "waiting", code: "AAAA1111", qr: "x", expiresAt: SOON }),
  });
  world.session = { kind: "signed-out" };
  const { run, remembered } = fakeRun(engine);
  const linking = linkThisDevice(run);
  await turn();
  at({ kind: "failed", failure: { ...expired, code: "link/mismatch" } });
  await expect(linking).rejects.toMatchObject({ code: "link/mismatch" });
  expect([remembered(), state.cancelled]).toEqual([0, 1]);
});

test("[T69] the old device says what it admits, asks for the digits first and the password after", async () => {
  const asked: string[] = [];
  const { engine, world, at } = linkingEngine({
    claimLink: async ({ codeOrQr }) => {
      asked.push(codeOrQr);
      at(compare);
    },
    admitLink: async ({ password }) => {
      asked.push(password);
      if (asked.length < 3) throw new SottoError("account/sign-in-failed", "");
      at({ kind: "done" });
    },
  });
  world.session = { ...SIGNED_IN, connection: "online", caughtUp: true };
  const { run, screen, answers } = fakeRun(engine);
  const linking = linkAnother(run, {});
  await answers("Code on the new device:", "aaaa 1111");
  await answers("same six digits?", "y");
  expect(screen()).toContain("Pix\\u{1b}[2Jel (Browser)");
  expect(screen()).toContain("627 014");
  expect(screen()).not.toContain("Password:");
  await answers("Password:", "wrong");
  await answers("Once more:", "right");
  expect(await linking).toBe(EXIT.done);
  expect(asked).toEqual(["aaaa 1111", "wrong", "right"]);
  expect(screen()).not.toMatch(/wrong|right/);
});

test("[T69] no, and anything but yes, links nothing and asks for no password", async () => {
  for (const answer of ["n", "", "what?"]) {
    const { engine, world, at, state } = linkingEngine({ claimLink: async () => at(compare) });
    world.session = { ...SIGNED_IN, connection: "online", caughtUp: true };
    const { run, screen, answers } = fakeRun(engine);
    const linking = linkAnother(run, { code: "AAAA1111" });
    await Promise.all([
      expect(linking).rejects.toMatchObject({ exit: EXIT.trust }),
      answers("same six digits?", answer),
    ]);
    expect(screen()).not.toContain("Password");
    expect(state.cancelled).toBe(1);
  }
});

test("without a terminal nobody compares, so nothing is linked", async () => {
  const { engine, world, at, state } = linkingEngine({ claimLink: async () => at(compare) });
  world.session = { ...SIGNED_IN, connection: "online", caughtUp: true };
  const { run } = fakeRun(engine, { isTTY: false });
  await expect(linkAnother(run, { code: "AAAA1111" })).rejects.toMatchObject({ exit: EXIT.usage });
  expect(state.cancelled).toBe(1);
});
