import type { ConversationSummary, Person, Trust } from "@sotto/engine";
import { peopleInWords } from "@sotto/views";
import type { Look } from "./io.ts";
import { personName, personWithUsername, safeName } from "./text.ts";

/** The trust in a person in words; design/terminal.md. */
const TRUST_WORDS: Record<Trust, string> = {
  unverified: "not verified yet",
  verified: "verified",
  changed: "keys changed",
  blocked: "blocked",
  self: "you",
};

/** An account whose name the server's owner gave away is said to be one, whatever else it is. */
export function trustWords({ trust, replaced }: Pick<Person, "trust" | "replaced">): string {
  return replaced && trust !== "blocked" ? "former account" : TRUST_WORDS[trust];
}

/** "Margaret Hamilton ✓" */
export function nameWithTrust(person: Person, look: Look): string {
  const glyph = look.glyphs[person.trust];
  const name = look.bold(person.trust === "self" ? "you" : personName(person));
  return glyph === "" ? name : `${name} ${glyph}`;
}

type Titled = Pick<ConversationSummary, "kind" | "name" | "people">;

/** What a conversation is called. */
export function titleOf({ kind, name, people }: Titled): string {
  const named = safeName(name ?? "");
  switch (kind) {
    case "self":
      return "Notes to self";
    case "room":
      return `#${named.replace(/^#/, "")}`;
    case "group":
      // One whose name hasn't reached this device yet.
      return named || groupOf(people.filter(({ username }) => username !== ""));
    case "direct":
      return people[0] === undefined ? "Conversation" : personName(people[0]);
  }
}

/** Somebody whose keys haven't been fetched yet has no name at all. */
function groupOf(people: readonly Person[]): string {
  return people.length === 0 ? "Group" : peopleInWords(people.map(personName));
}

/** What `sotto send` takes for it: @username, #room, the group's name, or the id of what has no name. */
export function addressOf(conversation: Titled & Pick<ConversationSummary, "conversation">): string {
  const { conversation: id, kind, name, people } = conversation;
  switch (kind) {
    case "self":
      return "notes";
    case "room":
      return titleOf(conversation);
    case "group":
      return safeName(name ?? "") || id;
    case "direct":
      return people[0] === undefined ? id : `@${safeName(people[0].username)}`;
  }
}

/** "Alan Turing @alan", "#general", "Difference Engine" */
export function titleWithAddress(conversation: Titled): string {
  const [other] = conversation.people;
  return conversation.kind === "direct" && other !== undefined ? personWithUsername(other) : titleOf(conversation);
}

/** Engine data whose names are fit for a terminal, to be handed to words that are made elsewhere. */
export function withSafeNames<T>(value: T): T {
  if (Array.isArray(value)) return value.map((each: unknown) => withSafeNames(each)) as T;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const safe: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value))
    safe[key] = typeof each === "string" ? safeName(each) : withSafeNames(each);
  return safe as T;
}
