import type { AccountId, Role } from "@sotto/protocol";
import type { People } from "../people/people.ts";
import type { RuleChange, SystemLine } from "../api.ts";

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
  | { kind: "unbanned"; by: AccountId; person: AccountId }
  /** Of releases that didn't say what had changed. */
  | { kind: "settings"; by: AccountId }
  | { kind: "rule"; by: AccountId; rule: RuleChange }
  | { kind: "renamed"; by: AccountId; name: string }
  | { kind: "topic"; by: AccountId; topic: string }
  | { kind: "picture"; by: AccountId; taken: boolean }
  | { kind: "pin"; by: AccountId; pinned: boolean }
  | { kind: "invite"; by: AccountId; made: boolean }
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
    case "topic":
      return { kind: "topic", by: who(line.by), topic: line.topic };
    case "picture":
      return { kind: "picture", by: who(line.by), taken: line.taken };
    case "pin":
      return { kind: "pin", by: who(line.by), pinned: line.pinned };
    case "invite":
      return { kind: "invite", by: who(line.by), made: line.made };
    case "rule":
      return { kind: "rule", by: who(line.by), rule: line.rule };
    case "unbanned":
      return { kind: "unbanned", by: who(line.by), person: who(line.person) };
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
