import type { Person, Session } from "@sotto/engine";

/** Oneself as a person. */
export function selfOf(session: Extract<Session, { kind: "signed-in" }>): Person {
  const { account, username, displayName, seal } = session;
  return {
    account,
    username,
    displayName,
    contactName: null,
    replaced: false,
    picture: null,
    status: "",
    seal,
    trust: "self",
  };
}
