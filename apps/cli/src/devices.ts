import type { OwnDevice } from "@sotto/engine";
import { EXIT, Stop } from "./exit.ts";
import { safeName } from "./text.ts";

/** Devices are long ids; so many characters of one are shown, and tell the devices of an account apart. */
const SHORT_LENGTH = 8;

export function shortId({ device }: OwnDevice): string {
  return device.slice(0, SHORT_LENGTH);
}

/**
 * The one active device that was meant: its name in any case, its id, or the beginning of its id.
 * @throws Stop EXIT.nobody for none or several
 */
export function pickDevice(devices: readonly OwnDevice[], typed: string): OwnDevice {
  const wanted = typed.trim();
  const active = devices.filter((device) => device.active);
  const exact = active.filter((each) => each.device === wanted);
  const fits =
    exact.length > 0
      ? exact
      : active.filter(
          (each) =>
            [each.name, safeName(each.name)].some((name) => name.toLowerCase() === wanted.toLowerCase()) ||
            (wanted.length >= 4 && each.device.startsWith(wanted)),
        );
  const [only] = fits;
  if (only === undefined) {
    throw new Stop(EXIT.nobody, `None of your devices is called ${safeName(wanted)}.`, [
      "see what there is:  sotto devices",
    ]);
  }
  if (fits.length > 1) {
    throw new Stop(
      EXIT.nobody,
      `More than one device is called ${safeName(wanted)}. Say which by its id:`,
      fits.map((each) => `${each.device}  ${safeName(each.name)}`),
    );
  }
  return only;
}
