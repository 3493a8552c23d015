import type { ConversationKindName, Person, SystemLine } from "@sotto/engine";
import { cleanName, CONVERSATION_NAME_LENGTH_MAX, ROLE } from "@sotto/protocol";
import { countOf, kindOfName, nameForSentence, peopleInWords } from "./person.ts";

/** A sentence whose names stand out. */
export type Words = { text: string; strong: boolean }[];

/** `alarm`: said loudly, because what is shown may not be what others see. */
export type SystemWords = { words: Words; tone: "quiet" | "notice" | "alarm" };

const NAMES_SHOWN = 3;

function say(...parts: (string | { name: string })[]): Words {
  return parts.map((part) =>
    typeof part === "string" ? { text: part, strong: false } : { text: part.name, strong: true },
  );
}

function actor(person: Person): { name: string } {
  return { name: nameForSentence(person) };
}

function objects(people: readonly Person[]): { name: string } {
  const names = people.slice(0, NAMES_SHOWN).map((one) => (one.trust === "self" ? "you" : nameForSentence(one)));
  return { name: peopleInWords(names, people.length) };
}

function subjects(people: readonly Person[]): { name: string } {
  const { name } = objects(people);
  return { name: name.charAt(0).toUpperCase() + name.slice(1) };
}

const UNREADABLE: Record<Extract<SystemLine, { kind: "unreadable" }>["because"], string> = {
  quarantined: "This entry stopped the app twice and was set aside. Nothing else is affected.",
  "not-for-this-device": "A message that was not sealed for this device.",
  "newer-version": "A message from a newer version of Sotto. Update to read it.",
  refused: "An entry that broke the rules of this conversation was refused.",
  "revoked-device": "A message from a device that its owner had removed. It is not shown.",
};

function keysMissing({ entries, state }: Extract<SystemLine, { kind: "keys-missing" }>): Words {
  const what = `${countOf(entries, "message", "messages")} from a time when none of your devices was here.`;
  switch (state) {
    case "asking":
      return say(`${what} Asking the others for the keys.`);
    case "unanswered":
      return say(`${what} Nobody has answered yet. Sotto asks again every day.`);
    case "not-a-member":
      return say(
        `${countOf(entries, "message", "messages")} from before you were here. ${entries === 1 ? "It was" : "They were"} not sealed for you.`,
      );
  }
}

function alarm(line: Extract<SystemLine, { kind: "alarm" }>): Words {
  const who = line.claimedBy === null ? "Someone here" : nameForSentence(line.claimedBy);
  const other = line.claimedBy === null ? "their device" : who;
  switch (line.alarm) {
    case "order":
      return say({ name: who }, ` saw these messages in another order. Either the server or ${other} is wrong.`);
    case "fork":
      return say({ name: who }, " was shown a different conversation than you. Sending is stopped here.");
    case "gap":
      return say("A message of ", { name: who }, " is missing. The server may be holding it back.");
    case "echo":
      return say("Something was sent in your name that this device did not send.");
  }
}

/** A change of a conversation as a sentence. */
export function systemWords(line: SystemLine, kind: ConversationKindName): SystemWords {
  const quiet = (...parts: (string | { name: string })[]): SystemWords => ({ words: say(...parts), tone: "quiet" });
  const thing = kindOfName(kind);
  switch (line.kind) {
    case "created":
      return quiet(
        actor(line.by),
        kind === "direct" || kind === "self" ? " started this conversation" : ` created this ${thing}`,
      );
    case "added":
      return quiet(actor(line.by), " added ", objects(line.people), " · seal changed");
    case "removed": {
      const them = line.people.some((one) => one.trust === "self") ? "You" : "They";
      return quiet(
        actor(line.by),
        " removed ",
        objects(line.people),
        `. ${them} cannot read what is sent from now on.`,
      );
    }
    case "left":
      return quiet(subjects(line.people), " left · seal changed");
    case "joined":
      return quiet(actor(line.by), " joined");
    case "device-added":
      return quiet(actor(line.by), " added a device");
    case "identity-changed":
      return {
        words: say(actor(line.person), "’s keys changed. Compare safety numbers if that surprises you."),
        tone: "notice",
      };
    case "name-moved":
      return {
        words: say(
          "The owner of this server gave the name ",
          { name: `@${line.username}` },
          " to another account. Whoever writes under it from now on may be somebody else: ask on another way.",
        ),
        tone: "alarm",
      };
    case "keys-missing":
      return { words: keysMissing(line), tone: "notice" };
    case "mended":
      return quiet(
        line.because === "rejoined"
          ? "This device had lost its place here and joined again. Nothing is lost."
          : "The keys of earlier messages have come. They are shown now.",
      );
    case "role": {
      const role = line.role === ROLE.admin ? "an admin" : line.role === ROLE.member ? "a member" : "";
      if (role === "") return quiet(actor(line.by), " banned ", objects([line.person]), ` from this ${thing}`);
      return quiet(actor(line.by), " made ", objects([line.person]), ` ${role}`);
    }
    case "settings":
      return quiet(actor(line.by), ` changed the settings of this ${thing}`);
    case "unbanned":
    case "rule":
    case "topic":
    case "picture":
    case "pin":
    case "invite":
      return quiet(actor(line.by), ` changed the settings of this ${thing}`);
    case "renamed":
      return quiet(actor(line.by), ` named this ${thing} `, {
        name: cleanName(line.name, CONVERSATION_NAME_LENGTH_MAX),
      });
    case "joined-here":
      return line.because === "signed-in-here"
        ? {
            words: say("From before you signed in here. This conversation keeps no history for new devices."),
            tone: "notice",
          }
        : { words: say("You joined here. Earlier messages were not sealed for you."), tone: "notice" };
    case "unreadable":
      return { words: say(UNREADABLE[line.because]), tone: "notice" };
    case "alarm":
      return { words: alarm(line), tone: "alarm" };
  }
}

/** The sentence as plain text: for the list and for screen readers. */
export function plain(words: Words): string {
  return words.map(({ text }) => text).join("");
}
