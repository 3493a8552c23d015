import type { Engine } from "../api.ts";
import type { Desk } from "./desk.ts";
import { findPerson } from "../people/people-actions.ts";
import { setBlocked, setContactName, unverify, verificationOf, verify } from "../people/trust-actions.ts";

/** What a person knows and decides about other people. */
export function peopleCalls({
  current,
}: Desk): Pick<
  Engine,
  "person" | "findPerson" | "verification" | "verify" | "unverify" | "acceptIdentity" | "setBlocked" | "setContactName"
> {
  return {
    person: async (account) => current().context.people.details(account),
    findPerson: (username) => findPerson(current().context, username),

    verification: async (account) => verificationOf(current().context, account),
    verify: async (request) => {
      const client = current();
      await client.learnNow([request.account]);
      verify(client.context, request);
      client.release();
    },
    unverify: async ({ account }) => {
      unverify(current().context, account);
      current().release();
    },
    acceptIdentity: async ({ account }) => {
      unverify(current().context, account);
      current().release();
    },
    setBlocked: async (request) => {
      setBlocked(current().context, request);
      current().release();
    },
    setContactName: async (request) => setContactName(current().context, request),
  };
}
