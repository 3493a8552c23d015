import { useEffect, useMemo, useState } from "react";
import type { ConversationDetails, Person } from "@sotto/engine";
import { mentionChoices, wordBefore } from "@sotto/views";
import type { Edit, Field } from "@sotto/views";
import { exact, loadShortcodes, matching } from "./shortcodes.ts";
import type { Shortcode } from "./shortcodes.ts";

const SHORTCODE_MIN = 2;
const CLOSED = /:([a-z0-9_+-]{2,40}):$/iu;

export type Choice = { key: string; insert: string } & (
  | { kind: "person"; person: Person; name: string }
  | { kind: "everybody"; name: string }
  | { kind: "emoji"; emoji: string; code: string }
);

export type Completion = {
  /** Empty: nothing is offered. */
  choices: Choice[];
  active: number;
  move: (by: 1 | -1) => void;
  /** The edit that takes a choice. */
  take: (at: number) => Edit | null;
  /** Not this word any more. */
  dismiss: () => void;
};

/** What the word before the caret may become: names after an @, emoji after a colon. */
export function useCompletion(
  { text, from, to }: Field,
  details: ConversationDetails | null,
): Completion & { closing: Edit | null } {
  const [codes, setCodes] = useState<readonly Shortcode[]>([]);
  const [dismissed, setDismissed] = useState<string | null>(null);
  const [chosen, setChosen] = useState({ word: "", at: 0 });

  const mention = from === to && details !== null && details.kind !== "self" ? wordBefore(text, from, "@") : null;
  const colon = from === to && mention === null ? wordBefore(text, from, ":") : null;
  const emoji = colon !== null && colon.typed.length >= SHORTCODE_MIN ? colon : null;
  const wantsCodes = emoji !== null;
  useEffect(() => {
    if (!wantsCodes || codes.length > 0) return undefined;
    let here = true;
    void loadShortcodes().then((all) => here && setCodes(all));
    return () => {
      here = false;
    };
  }, [wantsCodes, codes]);

  const word = mention !== null ? `@${mention.at}` : emoji !== null ? `:${emoji.at}` : "";
  const typed = mention?.typed ?? emoji?.typed ?? "";
  const choices = useMemo((): Choice[] => {
    if (word === "" || dismissed === word) return [];
    if (word.startsWith("@") && details !== null)
      return mentionChoices(details, typed).map(({ member, name, insert }) =>
        member === null
          ? { key: "all", kind: "everybody", name, insert: `${insert} ` }
          : { key: member.account, kind: "person", person: member, name, insert: `${insert} ` },
      );
    return matching(codes, typed).map(({ code, emoji: shown }) => ({
      key: code,
      kind: "emoji",
      emoji: shown,
      code,
      insert: `${shown} `,
    }));
  }, [word, typed, dismissed, details, codes]);
  const active = chosen.word === word ? Math.min(chosen.at, Math.max(0, choices.length - 1)) : 0;
  const start = mention?.at ?? emoji?.at ?? from;

  const closed = from === to ? CLOSED.exec(text.slice(Math.max(0, from - 44), from)) : null;
  const shown = closed === null ? null : exact(codes, closed[1] ?? "");
  const closing =
    closed === null || shown === null
      ? null
      : {
          from: from - closed[0].length,
          to: from,
          insert: shown,
          select: { from: from - closed[0].length + shown.length, to: from - closed[0].length + shown.length },
        };
  return {
    choices,
    active,
    move: (by) => setChosen({ word, at: (active + by + choices.length) % Math.max(1, choices.length) }),
    take: (at) => {
      const choice = choices[at];
      if (choice === undefined) return null;
      const caret = start + choice.insert.length;
      // One space after it, not two.
      const spaced = text.charAt(to) === " " ? 1 : 0;
      return { from: start, to: to + spaced, insert: choice.insert, select: { from: caret, to: caret } };
    },
    dismiss: () => setDismissed(word),
    closing,
  };
}
