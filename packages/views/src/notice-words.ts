import type { AccountNotice } from "@sotto/engine";
import { deviceInSentence } from "./device-words.ts";
import { m } from "./messages.ts";
import { clockTime, dayLabel, dayNumber } from "./when.ts";
import type { Place } from "./when.ts";

export type NoticeWords = {
  tone: "plain" | "changed" | "danger";
  title: string;
  /** What to do about it, if it wasn't the person. */
  next: string;
  /** Where the way on leads; null: nothing but to know. */
  action: "devices" | "account" | "recovery" | "sign-in" | null;
  /** The verb on the button that goes there. */
  verb: string;
  mayDismiss: boolean;
};

/** "at 10:42", "yesterday at 10:42", "tomorrow at 10:42" */
export function momentWords(at: number, now: number, place: Place): string {
  const time = clockTime(at, place);
  const ahead = dayNumber(at, place) - dayNumber(now, place);
  if (ahead === 0) return m.when_at({ time });
  if (ahead === 1) return m.when_tomorrow_at({ time });
  if (ahead === -1) return m.when_yesterday_at({ time });
  return m.when_day_at({ day: dayLabel(at, now, place), time });
}

/** Something that happened to one's own account, in words. */
export function noticeWords(notice: AccountNotice, { now, place }: { now: number; place: Place }): NoticeWords {
  const at = momentWords(notice.at, now, place);
  switch (notice.kind) {
    case "device-added":
      return {
        tone: "plain",
        title: m.notice_device_added({ device: deviceInSentence(notice.name), at }),
        next: m.notice_device_added_next(),
        action: "devices",
        verb: m.notice_verb_devices(),
        mayDismiss: true,
      };
    case "password-changed":
      return {
        tone: "plain",
        title: m.notice_password_changed({ at }),
        next: m.notice_password_changed_next(),
        action: "devices",
        verb: m.notice_verb_devices(),
        mayDismiss: true,
      };
    case "recovery-key-changed":
      return {
        tone: "plain",
        title: m.notice_key_changed({ at }),
        next: m.notice_key_changed_next(),
        action: "recovery",
        verb: m.notice_verb_recovery(),
        mayDismiss: true,
      };
    case "reclaim-announced": {
      const due = momentWords(notice.completesAt, now, place);
      if (notice.own) {
        const ready = now >= notice.completesAt;
        return {
          tone: "changed",
          title: ready ? m.notice_reclaim_ready() : m.notice_reclaim_due({ at: due }),
          next: ready ? m.notice_reclaim_ready_next() : m.notice_reclaim_due_next(),
          action: "account",
          verb: ready ? m.notice_verb_finish() : m.notice_verb_show(),
          mayDismiss: false,
        };
      }
      return {
        tone: "danger",
        title: m.notice_reclaim_other({ device: deviceInSentence(notice.name), at: due }),
        next: m.notice_reclaim_other_next(),
        action: "devices",
        verb: m.notice_verb_stop(),
        mayDismiss: false,
      };
    }
    case "reclaimed":
      return {
        tone: "changed",
        title: m.notice_reclaimed({ at }),
        next: m.notice_reclaimed_next(),
        action: "devices",
        verb: m.notice_verb_devices(),
        mayDismiss: true,
      };
    case "cloned":
      return {
        tone: "danger",
        title: m.notice_cloned(),
        next: m.notice_cloned_next(),
        action: "sign-in",
        verb: m.notice_verb_sign_in(),
        mayDismiss: false,
      };
  }
}
