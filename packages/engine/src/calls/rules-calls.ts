import type { RulesApi } from "../api-rules.ts";
import type { Desk } from "./desk.ts";
import { notBuilt } from "./not-built.ts";

export function rulesCalls(_desk: Desk): Pick<RulesApi, "setProfile" | "setRules" | "ban" | "unban" | "picture"> {
  return {
    setProfile: notBuilt,
    setRules: notBuilt,
    ban: notBuilt,
    unban: notBuilt,
    picture: notBuilt,
  };
}
