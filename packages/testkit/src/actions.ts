import { ACCOUNT_ACTIONS } from "./account-actions.ts";
import { codeOf, type Action } from "./action.ts";
import { CONVERSATION_ACTIONS } from "./conversation-actions.ts";
import { DEVICE_ACTIONS } from "./device-actions.ts";
import { FAULT_ACTIONS } from "./fault-actions.ts";
import { OWN_ACTIONS } from "./own-actions.ts";
import { POST_ACTIONS } from "./post-actions.ts";
import type { Random } from "./random.ts";
import { isCrash } from "./simulated-device.ts";
import type { World } from "./world.ts";

export const ACTIONS: readonly Action[] = [
  ...DEVICE_ACTIONS,
  ...ACCOUNT_ACTIONS,
  ...CONVERSATION_ACTIONS,
  ...POST_ACTIONS,
  ...OWN_ACTIONS,
  ...FAULT_ACTIONS,
];

/** Starts an action; what becomes of it goes into the trace whenever it is known. */
export function begin(world: World, action: Action, random: Random, failures: string[]): void {
  action.act(world, random).then(
    (deed) => {
      if (deed === undefined) return;
      world.trace.count(`action: ${action.name}`);
      world.trace.add(deed);
    },
    (error: unknown) => {
      if (isCrash(error)) return world.trace.add(`${action.name}: cut short by a crash`);
      world.trace.count(`action: ${action.name}`);
      const code = codeOf(error);
      world.trace.add(`${action.name}: ${code}`);
      if (code === undefined)
        failures.push(
          `${action.name} failed unexpectedly: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
    },
  );
}
