import { ACTIONS } from "./actions.ts";
import type { Action } from "./action.ts";
import type { Random } from "./random.ts";

/** What kind of history a seed tells: how long it is, and how likely each action is in it. */
export type Temper = { actions: number; weights: ReadonlyMap<Action, number> };

const ACTIONS_MIN = 40;
const ACTIONS_MAX = 150;

/**
 * Draws one. A history in which everything happens a little seldom brings two rare things together: so each leaves out a
 * part of the actions, and has another part of them much more often (swarm testing, Groce et al., ISSTA 2012).
 */
export function temperOf(random: Random): Temper {
  const weights = new Map<Action, number>();
  for (const action of ACTIONS) {
    const luck = random.fraction();
    const factor = action.isVital === true ? 1 : luck < 0.3 ? 0 : luck < 0.85 ? 1 : 4;
    weights.set(action, action.weight * factor);
  }
  return { actions: random.between(ACTIONS_MIN, ACTIONS_MAX), weights };
}

/** Draws an action by its weight. */
export function drawAction({ weights }: Temper, random: Random): Action {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  let left = random.fraction() * total;
  for (const [action, weight] of weights) {
    left -= weight;
    if (left < 0) return action;
  }
  throw new Error("weights that don't add up");
}
