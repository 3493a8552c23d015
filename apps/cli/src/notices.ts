import type { AccountNotice } from "@sotto/engine";
import { noticeWords } from "@sotto/views";
import { withSafeNames } from "./people.ts";
import { HERE } from "./records.ts";

/** What to type about a notice, where the words for a page say which button to press. */
const COMMANDS: Record<AccountNotice["kind"], string> = {
  "device-added": "sotto devices",
  "password-changed": "sotto devices",
  "recovery-key-changed": "sotto recovery-key --change",
  "reclaim-announced": "sotto devices",
  reclaimed: "sotto devices",
  cloned: "sotto sign-out, then sotto sign-in",
};

export type NoticeLines = { lines: string[]; mayDismiss: boolean };

/** Something that happened to one's own account, for a terminal. Names of devices are names that others may have chosen. */
export function noticeLines(notice: AccountNotice, now: number): NoticeLines {
  const words = noticeWords(withSafeNames(notice), { now, place: HERE });
  const isOwnReclaim = notice.kind === "reclaim-announced" && notice.own;
  const command = isOwnReclaim ? "sotto reclaim complete" : COMMANDS[notice.kind];
  const next =
    notice.kind === "cloned" ? "Sending is stopped here. Sign in again, and this becomes a new device." : words.next;
  return { lines: [words.title, `  ${next}`, `  ${command}`], mayDismiss: words.mayDismiss };
}
