import type { RulesApi } from "../api-rules.ts";
import { ban, setRules, unban } from "../conversation/membership.ts";
import { setProfile } from "../conversation/profile.ts";
import { pictureBytes } from "../people/pictures.ts";
import type { Desk } from "./desk.ts";

/** What a conversation is called, and who may do what in it. */
export function rulesCalls({ current }: Desk): Pick<RulesApi, "setProfile" | "setRules" | "ban" | "unban" | "picture"> {
  return {
    setProfile: async ({ conversation, ...wish }) => {
      const client = current();
      await setProfile(client.actor(conversation), wish);
      // Whoever is in it is to know what it is called now.
      await client.flush(conversation);
    },
    setRules: ({ conversation, rules }) => setRules(current().actor(conversation), rules),
    ban: ({ conversation, account }) => ban(current().actor(conversation), account),
    unban: ({ conversation, account }) => unban(current().actor(conversation), account),
    picture: async ({ picture }) => pictureBytes(current().context.store, picture),
  };
}
