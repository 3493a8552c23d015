import { useState } from "react";
import type { ConversationSummary } from "@sotto/engine";
import type { AccountId, ConversationId } from "@sotto/protocol";
import { m } from "@sotto/views/messages";
import Palette from "../dialogs/palette.tsx";
import { later } from "../parts/lazy.tsx";
import { commandsOf } from "../parts/palette-actions.ts";
import { useEngine } from "../state/live.ts";
import { toast } from "../state/toast.ts";

const Verify = later(() => import("../dialogs/verify.tsx"));

type CommandsProps = {
  conversations: ConversationSummary[];
  opened: ConversationSummary | undefined;
  onNew: () => void;
  onKeys: () => void;
  onOpen: (conversation: ConversationId) => void;
  onClose: () => void;
};

const isDark = (): boolean => {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? window.matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
};

/** The palette, with what it can do here and now. */
export default function Commands({ conversations, opened, onNew, onKeys, onOpen, onClose }: CommandsProps) {
  const engine = useEngine();
  const [verifying, setVerifying] = useState<AccountId | null>(null);
  if (verifying !== null) return <Verify account={verifying} onClose={onClose} />;
  const commands = commandsOf({
    engine,
    conversations,
    opened,
    isDark: isDark(),
    onNew,
    onKeys,
    onVerify: ({ people: [other] }) => other !== undefined && setVerifying(other.account),
    onFailed: () => toast(m.palette_failed()),
  });
  return (
    <Palette
      conversations={conversations}
      commands={commands}
      onClose={onClose}
      onPick={(item) => {
        // The one that asks in a dialog of its own.
        if (item.kind === "conversation" || item.action.action !== "verify") onClose();
        if (item.kind === "conversation") onOpen(item.conversation);
        else commands.find(({ action }) => action === item.action.action)?.run();
      }}
    />
  );
}
