import type { ConversationSummary } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { conversationRows, isShown, type ConversationRow } from "./conversation-rows.ts";
import { m } from "./messages.ts";
import { trustInWords } from "./person.ts";
import type { Place } from "./when.ts";

/** Something that the palette can do. `also`: further words by which it is found. */
export type PaletteAction<Name extends string = string> = {
  action: Name;
  title: string;
  hint: string;
  keys: readonly string[];
  also: string;
};

export type PaletteItem<Name extends string = string> =
  | { kind: "conversation"; key: string; conversation: ConversationId; row: ConversationRow; hint: string }
  | { kind: "action"; key: string; action: PaletteAction<Name> };

export type PaletteSection<Name extends string = string> = { title: string; items: PaletteItem<Name>[] };

const CONVERSATIONS_SHOWN = 6;
const ACTIONS_SHOWN = 8;

/** What is looked for: `@` people, `#` groups and rooms, `>` actions, else all of them. */
function scopeOf(typed: string): { people: boolean; groups: boolean; actions: boolean; wanted: string } {
  const text = typed.trimStart();
  const wanted = text.slice(1).trim();
  if (text.startsWith("@")) return { people: true, groups: false, actions: false, wanted };
  if (text.startsWith("#")) return { people: false, groups: true, actions: false, wanted };
  if (text.startsWith(">")) return { people: false, groups: false, actions: true, wanted };
  return { people: true, groups: true, actions: true, wanted: text.trim() };
}

/** What the palette offers for what was typed: sections with something in them, the likeliest first. */
export function paletteSections<Name extends string>(
  typed: string,
  {
    conversations,
    actions,
    now,
    place,
  }: {
    conversations: readonly ConversationSummary[];
    actions: readonly PaletteAction<Name>[];
    now: number;
    place: Place;
  },
): PaletteSection<Name>[] {
  const { people, groups, actions: withActions, wanted } = scopeOf(typed);
  const filter = people && groups ? "all" : people ? "people" : "groups";
  const found = people || groups ? conversations.filter((one) => isShown(one, filter, wanted)) : [];
  const rows = conversationRows(found, { now, place, open: null }).slice(0, CONVERSATIONS_SHOWN);
  const hints = new Map(found.map((one) => [one.conversation, hintOf(one)]));
  const fitting = withActions ? actions.filter((action) => fits(action, wanted)).slice(0, ACTIONS_SHOWN) : [];
  const sections: PaletteSection<Name>[] = [
    {
      title: m.palette_conversations(),
      items: rows.map((row) => ({
        kind: "conversation",
        key: row.conversation,
        conversation: row.conversation,
        row,
        hint: hints.get(row.conversation) ?? "",
      })),
    },
    {
      title: m.palette_actions(),
      items: fitting.map((action) => ({ kind: "action", key: action.action, action })),
    },
  ];
  return sections.filter(({ items }) => items.length > 0);
}

function hintOf({ kind, people }: ConversationSummary): string {
  const [other] = people;
  return kind === "direct" && other !== undefined ? trustInWords(other.trust, other).words : "";
}

/** Every word that was typed begins a word of the action. */
function fits({ title, also }: PaletteAction, wanted: string): boolean {
  const words = `${title} ${also}`.toLowerCase().split(/\s+/u);
  return wanted
    .toLowerCase()
    .split(/\s+/u)
    .every((part) => words.some((word) => word.startsWith(part)));
}
