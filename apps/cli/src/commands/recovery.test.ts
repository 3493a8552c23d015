import type { Engine } from "@sotto/engine";
import { SottoError } from "@sotto/protocol";
import { expect, test } from "vitest";
import { SIGNED_IN, fakeEngine } from "../../test/fake-engine.ts";
import { fakeRun } from "../../test/fake-run.ts";
import { EXIT } from "../exit.ts";
import { announceReclaim, reclaimStatus } from "./reclaim.ts";
import { recover, recoveryKey } from "./recovery.ts";

const KEY = "K7QF-2M9D-X4TB-8RWN-H3VE-6YCA-1ZJP-5SGK";

function engineWith(more: Partial<Engine>) {
  const fake = fakeEngine();
  fake.world.session = { ...SIGNED_IN, connection: "online", caughtUp: true };
  return { ...fake, engine: Object.assign(fake.engine, more) };
}

test("the key is confirmed by typing it as it was saved; the password is asked for first", async () => {
  const confirmed: string[] = [];
  const { engine } = engineWith({
    recoveryKey: async () => ({ recoveryKey: KEY }),
    confirmRecoveryKey: async ({ recoveryKey: typed }) => {
      if (typed !== KEY) throw new SottoError("recovery-key/malformed", "");
      confirmed.push(typed);
    },
  });
  const { run, screen, answers } = fakeRun(engine);
  const running = recoveryKey(run, {});
  await answers("Password:", "her password");
  await answers("nothing is shown", "K7QF");
  await answers("Once more:", KEY);
  expect(await running).toBe(EXIT.done);
  expect(confirmed).toEqual([KEY]);
  expect(screen()).toContain("    K7QF  2M9D  X4TB  8RWN\n    H3VE  6YCA  1ZJP  5SGK\n");
  expect(screen()).not.toContain("her password");
});

test("a key that was confirmed is shown to nobody; changing it is asked about", async () => {
  const { engine } = engineWith({
    recoveryKey: async () => ({ recoveryKey: null }),
    changeRecoveryKey: async () => Promise.reject(new Error("changed without asking")),
  });
  const shown = fakeRun(engine);
  const showing = recoveryKey(shown.run, {});
  await Promise.all([
    expect(showing).rejects.toMatchObject({ code: "recovery-key/confirmed" }),
    shown.answers("Password:", "x"),
  ]);
  const changed = fakeRun(engine);
  const changing = recoveryKey(changed.run, { change: true });
  await Promise.all([
    expect(changing).rejects.toMatchObject({ message: "Nothing was changed." }),
    changed.answers("Make a new recovery key? [y/N]", ""),
  ]);
});

test("a weak new password is refused before the recovery key goes anywhere", async () => {
  const { engine, world } = engineWith({ recover: () => Promise.reject(new Error("asked the server")) });
  world.session = { kind: "signed-out" };
  const { run, answers } = fakeRun(engine);
  const recovering = recover(run, "ada", {});
  const typing = (async () => {
    await answers("Recovery key:", KEY);
    await answers("New password:", "password1");
    await answers("Again:", "password1");
  })();
  await expect(recovering).rejects.toMatchObject({ message: expect.stringContaining("A common password.") });
  await typing;
});

test("[T70] where a takeover stands is said for the one who asked and for the others", async () => {
  const at = Date.now();
  const notice = { notice: "n", at, kind: "reclaim-announced", device: SIGNED_IN.device, name: "Ph\u001bone" } as const;
  const said = async (completesAt: number, own: boolean): Promise<string> => {
    const { engine, world } = engineWith({});
    world.session = { ...SIGNED_IN, connection: "online", caughtUp: true, notices: [{ ...notice, completesAt, own }] };
    const { run, screen } = fakeRun(engine);
    expect(await reclaimStatus(run)).toBe(EXIT.done);
    return screen();
  };
  expect(await said(at + 60_000, true)).toContain("announced here, can be completed at");
  expect(await said(at - 1, true)).toContain("sotto reclaim complete");
  const other = await said(at + 60_000, false);
  expect(other).toContain("announced by Ph\\u{1b}one");
  expect(other).toContain("sotto devices revoke");
});

test("a takeover is announced by who says yes, and by nobody else", async () => {
  let announced = 0;
  const { engine } = engineWith({
    announceReclaim: async () => {
      announced++;
      return { completesAt: 0 };
    },
  });
  const no = fakeRun(engine);
  const refused = announceReclaim(no.run, {});
  await Promise.all([expect(refused).rejects.toMatchObject({ exit: EXIT.failed }), no.answers("Announce it?", "n")]);
  await expect(announceReclaim(fakeRun(engine, { isTTY: false }).run, {})).rejects.toMatchObject({ exit: EXIT.usage });
  expect(announced).toBe(0);
  const { run, screen } = fakeRun(engine);
  expect(await announceReclaim(run, { yes: true })).toBe(EXIT.done);
  expect(announced).toBe(1);
  expect(screen()).toContain("announced, can be completed now");
});
