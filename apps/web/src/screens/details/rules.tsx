import { AtSign, History, MessageSquare, Pin, Timer, UserPlus } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ConversationDetails, ConversationRules, WhoMay } from "@sotto/engine";
import { asFailure, durationInWords, failureSentence } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { ChoiceRow } from "../../parts/choice-row.tsx";
import { Icon } from "../../parts/icon.tsx";
import { useEngine } from "../../state/live.ts";
import { toast } from "../../state/toast.ts";

/** Seconds: off, an hour, a day, a week, four weeks. What somebody else chose stands beside them. */
const TIMERS = [0, 3_600, 86_400, 604_800, 2_419_200];

const WHO: { rule: Exclude<keyof ConversationRules, "timerSeconds">; icon: LucideIcon; title: () => string }[] = [
  { rule: "add", icon: UserPlus, title: m.details_rule_add },
  { rule: "post", icon: MessageSquare, title: m.details_rule_post },
  { rule: "pin", icon: Pin, title: m.details_rule_pin },
  { rule: "mentionAll", icon: AtSign, title: m.details_rule_mention },
];

const timerWords = (seconds: number): string => (seconds === 0 ? m.details_timer_off() : durationInWords(seconds));

/** What holds for everybody here. MLS makes all agree on it; who may change it is said by the engine. */
export function Rules({ details }: { details: ConversationDetails }) {
  const engine = useEngine();
  const { conversation, rules, may, kind } = details;
  if (kind === "self" || details.request) return null;
  const set = (change: Partial<ConversationRules>) =>
    void engine
      .setRules({ conversation, rules: change })
      .catch((thrown: unknown) => toast(failureSentence(asFailure(thrown))));
  const mayTime = may.timer;
  const timers = [...new Set([...TIMERS, rules.timerSeconds])].sort((a, b) => a - b);
  const who: { value: WhoMay; name: string }[] = [
    { value: "admins", name: m.details_admins() },
    { value: "members", name: m.details_members() },
  ];
  return (
    <div className="block" data-testid="rules">
      <h3>{m.details_rules()}</h3>
      <ChoiceRow
        icon={Timer}
        title={m.details_timer()}
        value={String(rules.timerSeconds)}
        choices={timers.map((seconds) => ({ value: String(seconds), name: timerWords(seconds) }))}
        onChoose={(seconds) => set({ timerSeconds: Number(seconds) })}
        fixed={!mayTime}
      />
      {kind !== "direct" &&
        WHO.filter(({ rule }) => rule !== "add" || kind === "group").map(({ rule, icon, title }) => (
          <ChoiceRow
            key={rule}
            icon={icon}
            title={title()}
            value={rules[rule]}
            choices={who}
            onChoose={(value) => set({ [rule]: value })}
            fixed={!may.manage}
          />
        ))}
      <div className="set">
        <Icon of={History} size={18} className="t2" />
        <span className="grow">{m.details_history()}</span>
        <span className="v">{details.history === "archive" ? m.details_history_kept() : m.details_history_none()}</span>
      </div>
      {details.history === "device-only" && (
        <p className="s14 t2" data-testid="device-only">
          {m.details_device_only()}
        </p>
      )}
    </div>
  );
}
