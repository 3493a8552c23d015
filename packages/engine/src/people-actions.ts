import { SottoError, Username } from "@sotto/protocol";
import * as v from "valibot";
import type { Person } from "./api.ts";
import { RefusedError } from "./connection.ts";
import type { Context } from "./context.ts";

/** Looks a username up on the server, exactly, with or without @, and pins the identity that it names. */
export async function findPerson(context: Context, name: string): Promise<Person> {
  const username = v.safeParse(Username, name.trim().replace(/^@/, "").toLowerCase());
  const nobody = () =>
    new SottoError("member/no-such-person", `There is nobody called ${name.trim()} on this server.`, {
      kind: "person",
      do: "Check the spelling of the username.",
    });
  if (!username.success) throw nobody();
  try {
    const answer = await context.online().request("name.lookup", { username: username.output });
    const known = context.people.accountCalled(answer.username);
    // Names are never given out twice: a known name that leads to another account is a server that lies.
    if (known !== undefined && known !== answer.account) {
      throw new SottoError(
        "chain/forked",
        `The server says that @${answer.username} is somebody else than it was before.`,
        {
          kind: "person",
          do: "Don't write to this name before you have asked the person in another way.",
        },
      );
    }
    context.store.transaction(() => context.people.learn(answer.account, answer.chain, answer.username));
    return context.people.person(answer.account);
  } catch (error) {
    if (error instanceof RefusedError && error.code === "account/unknown") throw nobody();
    throw error;
  }
}
