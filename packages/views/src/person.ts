import type { ConversationKindName, ConversationSummary, Person, Trust } from "@sotto/engine";
import { cleanName, CONVERSATION_NAME_LENGTH_MAX, looksLike } from "@sotto/protocol";

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
  return person.trust === "self" ? "You" : shortNameOf(person);
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
  if (names.length === 0) return total === 0 ? "nobody" : countOf(total, "person", "people");
  const rest = total - names.length;
  if (rest > 0) return `${names.join(", ")} and ${countOf(rest, "other", "others")}`;
  if (names.length === 1) return names[0] ?? "";
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
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
      return "Notes to self";
    case "room":
      return `#${named.replace(/^#/u, "")}`;
    case "group":
      if (named !== "") return named;
      return conversation.people.length === 0 ? "Group" : peopleInWords(conversation.people.map(shortNameOf));
    case "direct": {
      const [other] = conversation.people;
      return other === undefined ? "Conversation" : nameOf(other);
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
      words: "Former account",
      sentence: `The owner of this server gave the name @${person.username} to another account. This is the one from before.`,
    };
  switch (trust) {
    case "unverified":
      return {
        tone: "unverified",
        words: "Not verified yet",
        sentence: `Messages to ${name} are sealed. You have not checked yet that this is ${name}.`,
      };
    case "verified":
      return {
        tone: "verified",
        words: "Verified",
        sentence: `You verified ${name}. If the keys change, Sotto will tell you.`,
      };
    case "changed":
      return {
        tone: "changed",
        words: "Keys changed",
        sentence: `Most often they lost every key and started afresh. It can also mean someone is posing as ${name}. You had verified ${name}, so sending is paused until you choose.`,
      };
    case "blocked":
      return {
        tone: "danger",
        words: "Blocked",
        sentence: `Nothing ${name} writes is shown to you, and nothing is sent. They are not told.`,
      };
    case "self":
      return { tone: "self", words: "You", sentence: "This is your own account." };
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
  const whom = other.trust === "self" ? "yours" : `that of @${other.username}`;
  return `This name resembles ${whom}. It is a different person.`;
}
