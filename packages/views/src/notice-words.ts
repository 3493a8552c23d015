import type { AccountNotice } from "@sotto/engine";
import { deviceInSentence } from "./device-words.ts";
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
  const time = `at ${clockTime(at, place)}`;
  const ahead = dayNumber(at, place) - dayNumber(now, place);
  if (ahead === 0) return time;
  if (ahead === 1) return `tomorrow ${time}`;
  return `${ahead === -1 ? "yesterday" : dayLabel(at, now, place)} ${time}`;
}

/** Something that happened to one's own account, in words. */
export function noticeWords(notice: AccountNotice, { now, place }: { now: number; place: Place }): NoticeWords {
  const at = momentWords(notice.at, now, place);
  switch (notice.kind) {
    case "device-added":
      return {
        tone: "plain",
        title: `${deviceInSentence(notice.name)} was added to your account ${at}.`,
        next: "If that wasn’t you, sign it out now and change your password.",
        action: "devices",
        verb: "Your devices",
        mayDismiss: true,
      };
    case "password-changed":
      return {
        tone: "plain",
        title: `Your password was changed ${at}.`,
        next: "If that wasn’t you, somebody has it: look through your devices.",
        action: "devices",
        verb: "Your devices",
        mayDismiss: true,
      };
    case "recovery-key-changed":
      return {
        tone: "plain",
        title: `Your recovery key was changed ${at}. The one before opens nothing any more.`,
        next: "If that wasn’t you, look through your devices and make a new one.",
        action: "recovery",
        verb: "Recovery key",
        mayDismiss: true,
      };
    case "reclaim-announced": {
      const due = momentWords(notice.completesAt, now, place);
      if (notice.own) {
        const ready = now >= notice.completesAt;
        return {
          tone: "changed",
          title: ready ? "You can take your account over now." : `You are taking your account over. Ready ${due}.`,
          next: ready
            ? "Choose a new password to finish."
            : "Until then any of your other devices can stop it by signing this one out.",
          action: "account",
          verb: ready ? "Finish" : "Show",
          mayDismiss: false,
        };
      }
      return {
        tone: "danger",
        title: `${deviceInSentence(notice.name)} is taking over your account, ${due}.`,
        next: "It says that password and recovery key are lost. If that isn’t you, sign that device out before then.",
        action: "devices",
        verb: "Stop it",
        mayDismiss: false,
      };
    }
    case "reclaimed":
      return {
        tone: "changed",
        title: `Your account was taken over by one of your devices ${at}.`,
        next: "It has new keys, a new password and a new recovery key. People who verified you are asked to compare again.",
        action: "devices",
        verb: "Your devices",
        mayDismiss: true,
      };
    case "cloned":
      return {
        tone: "danger",
        title: "Another copy of this device is at work, or its disk was put back.",
        next: "Sending is stopped here. Sign in again: this browser becomes a new device and goes on.",
        action: "sign-in",
        verb: "Sign in again",
        mayDismiss: false,
      };
  }
}
