import type { ConversationKindName, ConversationSummary, Person, Trust } from "@sotto/engine";
import { cleanName, CONVERSATION_NAME_LENGTH_MAX, looksLike } from "@sotto/protocol";
import { getLocale, m } from "./messages.ts";

/** What a person is called: as this account's owner calls them, else as they call themselves, else the username. Never empty. */
export function nameOf(person: Person): string {
  const given = person.contactName === null ? "" : cleanName(person.contactName);
  if (given !== "") return given;
  const name = person.displayName === null ? "" : cleanName(person.displayName);
  return name === "" ? `@${person.username}` : name;
}

/** The first word of a name, for sentences. */
export function shortNameOf(person: Person): string {
  const name = nameOf(person);
  return name.split(" ")[0] ?? name;
}

/** "You" for oneself. */
export function nameForSentence(person: Person): string {
  return person.trust === "self" ? m.person_you() : shortNameOf(person);
}

/** One or two letters for the middle of a seal. */
export function initialsOf(person: Person): string {
  const words = nameOf(person)
    .replace(/^@/u, "")
    .split(/[\s_.-]+/u);
  const letters = words.map((word) => /[\p{L}\p{N}]/u.exec(word)?.[0] ?? "").filter((letter) => letter !== "");
  const first = letters[0] ?? "";
  const last = letters.length > 1 ? (letters.at(-1) ?? "") : "";
  return `${first}${last}`.toUpperCase();
}

/** "Ada", "Ada and Grace", "Ada, Grace and 3 others" */
export function peopleInWords(names: readonly string[], total = names.length): string {
  if (names.length === 0) return total === 0 ? m.person_nobody() : m.count_people({ count: total });
  const rest = total - names.length;
  const all = rest > 0 ? [...names, m.count_others({ count: rest })] : names;
  // Without a comma before "and".
  return new Intl.ListFormat(getLocale() === "en" ? "en-GB" : getLocale(), { type: "conjunction" }).format(all);
}

export function countOf(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function kindOfName(kind: ConversationKindName): "group" | "room" | "conversation" {
  return kind === "group" || kind === "room" ? kind : "conversation";
}

/** What a conversation is called. */
export function titleOf(conversation: Pick<ConversationSummary, "kind" | "name" | "people" | "peopleCount">): string {
  const named = conversation.name === null ? "" : cleanName(conversation.name, CONVERSATION_NAME_LENGTH_MAX);
  switch (conversation.kind) {
    case "self":
      return m.person_notes();
    case "room":
      return `#${named.replace(/^#/u, "")}`;
    case "group":
      if (named !== "") return named;
      return conversation.people.length === 0 ? m.person_group() : peopleInWords(conversation.people.map(shortNameOf));
    case "direct": {
      const [other] = conversation.people;
      return other === undefined ? m.person_conversation() : nameOf(other);
    }
  }
}

/** Trust is shown by shape, word and colour together; `tone` names shape and colour. */
export type TrustWords = {
  tone: "unverified" | "verified" | "changed" | "danger" | "self";
  words: string;
  sentence: string;
};

export function trustInWords(trust: Trust, person: Person): TrustWords {
  const name = shortNameOf(person);
  if (person.replaced && trust !== "blocked")
    return {
      tone: "changed",
      words: m.person_replaced(),
      sentence: m.person_replaced_means({ username: person.username }),
    };
  switch (trust) {
    case "unverified":
      return {
        tone: "unverified",
        words: m.person_unverified(),
        sentence: m.person_unverified_means({ name }),
      };
    case "verified":
      return {
        tone: "verified",
        words: m.person_verified(),
        sentence: m.person_verified_means({ name }),
      };
    case "changed":
      return {
        tone: "changed",
        words: m.person_changed(),
        sentence: m.person_changed_means({ name }),
      };
    case "blocked":
      return {
        tone: "danger",
        words: m.person_blocked(),
        sentence: m.person_blocked_means({ name }),
      };
    case "self":
      return { tone: "self", words: m.person_you(), sentence: m.person_self_means() };
  }
}

/**
 * Somebody else among these whose name this one is easily taken for (T53): one with the trust of a name that was earned under
 * another account. Usernames can't resemble each other unseen, display names can.
 */
export function resembled(person: Person, known: readonly Person[]): Person | null {
  if (person.displayName === null || person.contactName !== null || person.trust === "self") return null;
  const name = nameOf(person);
  return known.find((other) => other.account !== person.account && looksLike(nameOf(other), name)) ?? null;
}

/** What is said beside a name that resembles another one. */
export function resemblanceWords(other: Person): string {
  return other.trust === "self" ? m.person_resembles_you() : m.person_resembles({ username: other.username });
}
