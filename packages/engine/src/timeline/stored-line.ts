import type { AccountId, Role } from "@sotto/protocol";
import type { People } from "../people/people.ts";
import type { SystemLine } from "../api.ts";

/** A system line as the database keeps it: people by account id, so that names are today's when it is shown. */
export type StoredLine =
  | { kind: "created"; by: AccountId }
  | { kind: "added"; by: AccountId; people: AccountId[] }
  | { kind: "removed"; by: AccountId; people: AccountId[] }
  | { kind: "left"; people: AccountId[] }
  | { kind: "joined"; by: AccountId }
  | { kind: "device-added"; by: AccountId }
  | { kind: "identity-changed"; person: AccountId }
  | { kind: "name-moved"; person: AccountId; username: string }
  | { kind: "role"; by: AccountId; person: AccountId; role: Role }
  | { kind: "settings"; by: AccountId }
  | { kind: "renamed"; by: AccountId; name: string }
  | Extract<SystemLine, { kind: "joined-here" | "unreadable" | "keys-missing" | "mended" }>
  | { kind: "alarm"; alarm: "order" | "fork" | "gap" | "echo"; claimedBy: AccountId | null };

export function showLine(line: StoredLine, people: People): SystemLine {
  const who = (account: AccountId) => people.person(account);
  switch (line.kind) {
    case "created":
    case "joined":
    case "device-added":
    case "settings":
      return { kind: line.kind, by: who(line.by) };
    case "renamed":
      return { kind: "renamed", by: who(line.by), name: line.name };
    case "added":
    case "removed":
      return { kind: line.kind, by: who(line.by), people: line.people.map(who) };
    case "left":
      return { kind: "left", people: line.people.map(who) };
    case "identity-changed":
      return { kind: "identity-changed", person: who(line.person) };
    case "name-moved":
      return { kind: "name-moved", person: who(line.person), username: line.username };
    case "role":
      return { kind: "role", by: who(line.by), person: who(line.person), role: line.role };
    case "alarm":
      return { kind: "alarm", alarm: line.alarm, claimedBy: line.claimedBy === null ? null : who(line.claimedBy) };
    case "joined-here":
    case "unreadable":
    case "keys-missing":
    case "mended":
      return line;
  }
}
