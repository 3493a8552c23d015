import type { OwnDevice } from "@sotto/engine";
import { DISPLAY_NAME_LENGTH_MAX, lengthOf } from "@sotto/protocol";
import { ownDeviceRows } from "@sotto/views";
import { pickDevice, shortId } from "../devices.ts";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { readPassword, type PasswordSource } from "../password.ts";
import { withSafeNames } from "../people.ts";
import { HERE, utc } from "../records.ts";
import { needServer } from "../resolve.ts";
import { signedIn, type Run } from "../session.ts";
import { columns, safeFields, safeJson, safeName } from "../text.ts";
import { catchUpOrSay, type OutputOptions } from "./list.ts";

/** `sotto devices`: the account's devices, this one first. */
export async function devices(run: Run, options: OutputOptions): Promise<Exit> {
  await signedIn(run);
  await catchUpOrSay(run);
  await printDevices(run, options);
  return EXIT.done;
}

export async function printDevices(run: Run, { json }: OutputOptions): Promise<void> {
  const all = await run.engine.devices();
  if (json === true) {
    for (const each of all) await run.print(asJson(each));
    return;
  }
  if (!run.look.forPeople) {
    for (const each of all) await run.print(asFields(each));
    return;
  }
  const { active, gone } = ownDeviceRows(withSafeNames(all), { now: Date.now(), place: HERE });
  const lines = columns(
    active.map(({ device, name }) => [shortId(device), device.current ? `${name} (this one)` : name]),
  );
  for (const [at, { device, about }] of active.entries()) {
    await run.print(`${run.look.bold(lines[at] ?? "")}   ${about}`);
    await run.print(run.look.dim(`           ${device.fingerprint}`));
  }
  for (const { name, about } of gone) await run.print(run.look.dim(`${name}   ${about}`));
  await run.note("One that you don't know:  sotto devices revoke <device>");
}

function stateOf({ active, current }: OwnDevice): string {
  return active ? (current ? "current" : "active") : "gone";
}

/** Id, name, kind, state, added, last seen, gone since, fingerprint. */
function asFields(each: OwnDevice): string {
  const { device, name, kind, addedAt, lastSeenAt, revokedAt, fingerprint } = each;
  const time = (at: number | null): string => (at === null ? "" : utc(at));
  return safeFields([
    device,
    safeName(name),
    safeName(kind),
    stateOf(each),
    utc(addedAt),
    time(lastSeenAt),
    time(revokedAt),
    fingerprint,
  ]);
}

function asJson(each: OwnDevice): string {
  const { device, name, kind, addedAt, lastSeenAt, revokedAt, fingerprint } = each;
  return safeJson({
    id: device,
    name,
    kind,
    state: stateOf(each),
    added: utc(addedAt),
    seen: lastSeenAt === null ? null : utc(lastSeenAt),
    revoked: revokedAt === null ? null : utc(revokedAt),
    fingerprint,
  });
}

/** `sotto devices rename`: on all devices of the account; the server doesn't learn names. */
export async function renameDevice(run: Run, typed: string, name: string): Promise<Exit> {
  await signedIn(run);
  const wanted = name.trim();
  if (wanted === "") throw new Stop(EXIT.usage, "A device needs a name.");
  if (lengthOf(wanted) > DISPLAY_NAME_LENGTH_MAX)
    throw new Stop(EXIT.usage, `A name has at most ${DISPLAY_NAME_LENGTH_MAX} characters.`);
  await catchUpOrSay(run);
  const device = pickDevice(await run.engine.devices(), typed);
  await run.engine.renameDevice({ device: device.device, name: wanted });
  await run.print(`${safeName(device.name)} is now called ${safeName(wanted)}`);
  return EXIT.done;
}

/** `sotto devices revoke`: ends a device of the account. */
export async function revokeDevice(run: Run, typed: string, options: PasswordSource): Promise<Exit> {
  await signedIn(run);
  await needServer(run, "Signing a device out needs the server");
  const device = pickDevice(await run.engine.devices(), typed);
  if (device.current) {
    throw new Stop(EXIT.usage, "That is this device.", ["sign it out:  sotto sign-out"]);
  }
  await run.note(
    `${safeName(device.name)} will be signed out and removed from every group. It can read nothing that is written later; what is on it stays on it.`,
  );
  const password = await readPassword(run.io, options, "Password: ");
  await run.engine.revokeDevice({ device: device.device, password });
  await run.print(`${safeName(device.name)} is signed out`);
  await run.note("If somebody else had it in hand, change your password too:  sotto password");
  return EXIT.done;
}
