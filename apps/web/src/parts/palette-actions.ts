import {
  BadgeCheck,
  Bell,
  BellOff,
  Download,
  Info,
  Keyboard,
  Languages,
  MailCheck,
  MonitorSmartphone,
  Moon,
  Palette,
  Pin,
  PinOff,
  Settings,
  Shield,
  SquarePen,
  Star,
  Sun,
  UserRound,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ConversationSummary, Engine } from "@sotto/engine";
import { shortNameOf, titleOf } from "@sotto/views";
import type { PaletteAction } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { NEWEST } from "../state/orders.ts";
import { go, open } from "../state/route.ts";
import { changeSettings } from "../state/settings.ts";

export const ACTION_ICONS = {
  new: SquarePen,
  details: Info,
  verify: BadgeCheck,
  mute: BellOff,
  unmute: Bell,
  pin: Pin,
  unpin: PinOff,
  "read-all": MailCheck,
  saved: Star,
  keys: Keyboard,
  dark: Moon,
  light: Sun,
  settings: Settings,
  profile: UserRound,
  appearance: Palette,
  privacy: Shield,
  devices: MonitorSmartphone,
  language: Languages,
  export: Download,
} as const satisfies Record<string, LucideIcon>;

type Name = keyof typeof ACTION_ICONS;
export type Command = PaletteAction<Name> & {
  /** Once the palette is closed; `verify` alone takes its place. */
  run: () => void;
};

type Around = {
  engine: Engine;
  conversations: readonly ConversationSummary[];
  /** The conversation that is open. */
  opened: ConversationSummary | undefined;
  isDark: boolean;
  onNew: () => void;
  onKeys: () => void;
  onVerify: (summary: ConversationSummary) => void;
  onFailed: () => void;
};

/** What the palette can do now: about the open conversation first. */
export function commandsOf({
  engine,
  conversations,
  opened,
  isDark,
  onNew,
  onKeys,
  onVerify,
  onFailed,
}: Around): Command[] {
  const about = opened === undefined ? [] : aboutConversation(engine, opened, onVerify, onFailed);
  const page = (
    name: Name & ("appearance" | "privacy" | "devices" | "profile"),
    title: string,
    also: string,
  ): Command => command(name, title, also, () => go({ kind: "settings", page: name }));
  return [
    command("new", m.palette_new(), m.palette_new_also(), onNew, ["Ctrl", "Shift", "O"]),
    ...about,
    command("read-all", m.palette_read_all(), m.palette_read_all_also(), () => {
      const unread = conversations.filter(({ unread: count, markedUnread }) => count > 0 || markedUnread);
      Promise.all(
        unread.map(({ conversation }) => engine.markRead({ conversation, upToOrder: NEWEST, withThreads: true })),
      ).catch(onFailed);
    }),
    command("saved", m.palette_saved(), m.palette_saved_also(), () => go({ kind: "saved" })),
    isDark
      ? command("light", m.palette_light(), m.palette_theme_also(), () => changeSettings({ theme: "light" }))
      : command("dark", m.palette_dark(), m.palette_theme_also(), () => changeSettings({ theme: "dark" })),
    command("settings", m.palette_settings(), m.palette_settings_also(), () => go({ kind: "settings", page: "menu" }), [
      "Ctrl",
      ",",
    ]),
    page("profile", m.palette_profile(), m.palette_profile_also()),
    page("appearance", m.palette_appearance(), m.palette_appearance_also()),
    page("privacy", m.palette_privacy(), m.palette_privacy_also()),
    page("devices", m.palette_devices(), m.palette_devices_also()),
    command("language", m.palette_language(), m.palette_language_also(), () =>
      go({ kind: "settings", page: "appearance" }),
    ),
    command("export", m.palette_export(), m.palette_export_also(), () => go({ kind: "settings", page: "data" })),
    command("keys", m.palette_keys(), m.palette_keys_also(), onKeys, ["?"]),
  ];
}

function command(action: Name, title: string, also: string, run: () => void, keys: readonly string[] = []): Command {
  return { action, title, hint: "", keys, also, run };
}

function aboutConversation(
  engine: Engine,
  summary: ConversationSummary,
  onVerify: (summary: ConversationSummary) => void,
  onFailed: () => void,
): Command[] {
  const { conversation, muted, pinned, kind, people } = summary;
  const title = titleOf(summary);
  const [other] = people;
  const verifiable = kind === "direct" && other !== undefined && other.trust !== "verified";
  return [
    ...(verifiable
      ? [
          command("verify", m.palette_verify({ name: shortNameOf(other) }), m.palette_verify_also(), () =>
            onVerify(summary),
          ),
        ]
      : []),
    command(
      "details",
      m.palette_details({ title }),
      m.palette_details_also(),
      () => open(conversation, { kind: "details" }),
      ["Ctrl", "."],
    ),
    muted
      ? command("unmute", m.palette_unmute({ title }), m.palette_mute_also(), () => {
          engine.setNotify({ conversation, notify: "all" }).catch(onFailed);
        })
      : command("mute", m.palette_mute({ title }), m.palette_mute_also(), () => {
          engine.setNotify({ conversation, notify: "none" }).catch(onFailed);
        }),
    pinned
      ? command("unpin", m.palette_unpin({ title }), "", () => {
          engine.setPinned({ conversation, pinned: false }).catch(onFailed);
        })
      : command("pin", m.palette_pin({ title }), "", () => {
          engine.setPinned({ conversation, pinned: true }).catch(onFailed);
        }),
  ];
}
