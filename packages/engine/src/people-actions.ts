import { SottoError, Username } from "@sotto/protocol";
import * as v from "valibot";
import type { Person } from "./api.ts";
import { RefusedError } from "./connection.ts";
import type { Context } from "./context.ts";

/** Looks a username up on the server, exactly, with or without @, and pins the identity that it names. */
export async function findPerson(context: Context, name: string): Promise<Person> {
  const username = v.safeParse(Username, name.trim().replace(/^@/, "").toLowerCase());
  const nobody = () => new SottoError("member/no-such-person", `There is nobody called ${name.trim()} on this server.`, { kind: "person", do: "Check the spelling of the username." });
  if (!username.success) throw nobody();
  try {
    const answer = await context.online().request("name.lookup", { username: username.output });
    context.store.transaction(() => context.people.learn(answer.account, answer.chain, answer.username));
    return context.people.person(answer.account);
  } catch (error) {
    if (error instanceof RefusedError && error.code === "account/unknown") throw nobody();
    throw error;
  }
}
