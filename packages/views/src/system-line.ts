import type { ConversationKindName, Person, RuleChange, SystemLine } from "@sotto/engine";
import { cleanName, cleanText, CONVERSATION_NAME_LENGTH_MAX, ROLE } from "@sotto/protocol";
import { durationInWords } from "./duration.ts";
import { m } from "./messages.ts";
import { nameForSentence, peopleInWords } from "./person.ts";

/** A sentence whose names stand out. */
export type Words = { text: string; strong: boolean }[];

/** `alarm`: said loudly, because what is shown may not be what others see. */
export type SystemWords = { words: Words; tone: "quiet" | "notice" | "alarm" };

const NAMES_SHOWN = 3;

/**
 * A sentence with names in it. Where they stand is the language's business, so they go in as marks and come back as words.
 * @param say  makes the text; what it puts through `strong` stands out. No mark can be forged: names come after it.
 */
function sentence(say: (strong: (name: string) => string) => string): Words {
  const names: string[] = [];
  const text = say((name) => `\u0001${names.push(name) - 1}\u0001`);
  return text
    .split("\u0001")
    .map((part, at) =>
      at % 2 === 0 ? { text: part, strong: false } : { text: names[Number(part)] ?? "", strong: true },
    )
    .filter((part) => part.text !== "");
}

/** People on whom something is done: "Ada, Grace and you", in German "Ada, Grace und dich". */
function objects(people: readonly Person[]): string {
  const names = people
    .slice(0, NAMES_SHOWN)
    .map((one) => (one.trust === "self" ? m.system_you_object() : nameForSentence(one)));
  return peopleInWords(names, people.length);
}

/** People who do something, at the beginning of a sentence. */
function subjects(people: readonly Person[]): string {
  const names = people
    .slice(0, NAMES_SHOWN)
    .map((one) => (one.trust === "self" ? m.person_you_inside() : nameForSentence(one)));
  const words = peopleInWords(names, people.length);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const UNREADABLE: Record<Extract<SystemLine, { kind: "unreadable" }>["because"], () => string> = {
  quarantined: m.system_unreadable_quarantined,
  "not-for-this-device": m.system_unreadable_not_for_this_device,
  "newer-version": m.system_unreadable_newer_version,
  refused: m.system_unreadable_refused,
  "revoked-device": m.system_unreadable_revoked_device,
};

function keysMissing({ entries, state }: Extract<SystemLine, { kind: "keys-missing" }>): string {
  switch (state) {
    case "asking":
      return m.system_keys_asking({ count: entries });
    case "unanswered":
      return m.system_keys_unanswered({ count: entries });
    case "not-a-member":
      return m.system_keys_not_member({ count: entries });
  }
}

function alarm(line: Extract<SystemLine, { kind: "alarm" }>): Words {
  const person = line.claimedBy;
  const name = person === null ? m.system_alarm_someone() : nameForSentence(person);
  const you = person?.trust === "self" ? "yes" : "no";
  switch (line.alarm) {
    case "order":
      return sentence((strong) =>
        m.system_alarm_order({ who: strong(name), you, name: person === null ? m.system_alarm_their_device() : name }),
      );
    case "fork":
      return sentence((strong) => m.system_alarm_fork({ who: strong(name) }));
    case "gap":
      return sentence((strong) => m.system_alarm_gap({ who: strong(name) }));
    case "echo":
      return sentence(() => m.system_alarm_echo());
  }
}

/** Who did it, as every sentence takes it: `you` where the language has another verb for the reader. */
type Actor = { actor: string; you: "yes" | "no" };

function ruleChanged(rule: RuleChange, by: Actor): string {
  switch (rule.rule) {
    case "add":
      return m.system_rule_add({ ...by, who: rule.who });
    case "post":
      return m.system_rule_post({ ...by, who: rule.who });
    case "pin":
      return m.system_rule_pin({ ...by, who: rule.who });
    case "mentionAll":
      return m.system_rule_mention({ ...by, who: rule.who });
    case "timerSeconds":
      return rule.seconds === 0
        ? m.system_timer_off(by)
        : m.system_timer_on({ ...by, time: durationInWords(rule.seconds) });
  }
}

/** A change of a conversation as a sentence. */
export function systemWords(line: SystemLine, kind: ConversationKindName): SystemWords {
  const notice = (words: string): SystemWords => ({ words: sentence(() => words), tone: "notice" });
  const quiet = (person: Person | null, say: (by: Actor, strong: (name: string) => string) => string): SystemWords => ({
    words: sentence((strong) =>
      say(
        {
          actor: person === null ? "" : strong(nameForSentence(person)),
          you: person?.trust === "self" ? "yes" : "no",
        },
        strong,
      ),
    ),
    tone: "quiet",
  });
  switch (line.kind) {
    case "created":
      return quiet(line.by, (by) => m.system_created({ ...by, kind }));
    case "added":
      return quiet(line.by, (by, strong) => m.system_added({ ...by, people: strong(objects(line.people)) }));
    case "removed": {
      const who = line.people.some((one) => one.trust === "self") ? "you" : "they";
      return quiet(line.by, (by, strong) => m.system_removed({ ...by, who, people: strong(objects(line.people)) }));
    }
    case "left": {
      const [first] = line.people;
      const who = line.people.length > 1 ? "many" : first?.trust === "self" ? "you" : "one";
      return quiet(null, (_, strong) => m.system_left({ who, people: strong(subjects(line.people)) }));
    }
    case "joined":
      return quiet(line.by, (by) => m.system_joined(by));
    case "device-added":
      return quiet(line.by, (by) => m.system_device_added(by));
    case "identity-changed":
      return {
        words: sentence((strong) => m.system_identity_changed({ actor: strong(nameForSentence(line.person)) })),
        tone: "notice",
      };
    case "name-moved":
      return {
        words: sentence((strong) => m.system_name_moved({ username: strong(`@${line.username}`) })),
        tone: "alarm",
      };
    case "keys-missing":
      return notice(keysMissing(line));
    case "mended":
      return quiet(null, () => (line.because === "rejoined" ? m.system_mended_rejoined() : m.system_mended_keys()));
    case "role":
      return quiet(line.by, (by, strong) => {
        const taken = { ...by, person: strong(objects([line.person])) };
        switch (line.role) {
          case ROLE.owner:
            return m.system_role_owner(taken);
          case ROLE.admin:
            return m.system_role_admin(taken);
          case ROLE.member:
            return m.system_role_member(taken);
          case ROLE.banned:
            return m.system_banned({ ...taken, kind });
        }
      });
    case "unbanned":
      return quiet(line.by, (by, strong) => m.system_unbanned({ ...by, person: strong(objects([line.person])) }));
    case "settings":
      return quiet(line.by, (by) => m.system_settings({ ...by, kind }));
    case "rule":
      return quiet(line.by, (by) => ruleChanged(line.rule, by));
    case "topic":
      return quiet(line.by, (by, strong) => {
        const topic = cleanText(line.topic).replaceAll(/\s+/gu, " ").trim();
        return topic === "" ? m.system_topic_none(by) : m.system_topic({ ...by, topic: strong(topic) });
      });
    case "picture":
      return quiet(line.by, (by) => m.system_picture(by));
    case "pin":
      return quiet(line.by, (by) => (line.pinned ? m.system_pinned(by) : m.system_unpinned(by)));
    case "invite":
      return quiet(line.by, (by) => (line.made ? m.system_invite_made(by) : m.system_invite_ended(by)));
    case "renamed":
      return quiet(line.by, (by, strong) =>
        m.system_renamed({ ...by, kind, name: strong(cleanName(line.name, CONVERSATION_NAME_LENGTH_MAX)) }),
      );
    case "joined-here":
      return notice(
        line.because === "signed-in-here" ? m.system_joined_here_signed_in() : m.system_joined_here_added(),
      );
    case "unreadable":
      return notice(UNREADABLE[line.because]());
    case "alarm":
      return { words: alarm(line), tone: "alarm" };
  }
}

/** The sentence as plain text: for the list and for screen readers. */
export function plain(words: Words): string {
  return words.map(({ text }) => text).join("");
}
