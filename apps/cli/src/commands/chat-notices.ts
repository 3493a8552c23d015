import type { AccountNotice, Session } from "@sotto/engine";
import { noticeLines } from "../notices.ts";
import type { Run } from "../session.ts";

/** Tells of what happened to the account, each once while the program runs. */
export class NoticeStrip {
  readonly #run: Run;
  readonly #told = new Set<string>();

  constructor(run: Run) {
    this.#run = run;
  }

  /** Oldest first, so that the newest stands nearest to what is typed. */
  async tell(session: Session): Promise<void> {
    if (session.kind !== "signed-in") return;
    for (const notice of session.notices.toReversed()) {
      if (this.#told.has(notice.notice)) continue;
      this.#told.add(notice.notice);
      await this.#say(notice);
    }
  }

  /** `/notices`: all of them again. `/notices seen`: dismisses what may be. */
  async command(session: Session, isSeen: boolean): Promise<void> {
    const notices = session.kind === "signed-in" ? session.notices : [];
    if (notices.length === 0) await this.#run.note("Nothing happened to your account.");
    for (const notice of notices.toReversed()) {
      if (isSeen && noticeLines(notice, Date.now()).mayDismiss)
        await this.#run.engine.dismissNotice({ notice: notice.notice });
      else await this.#say(notice);
    }
  }

  async #say(notice: AccountNotice): Promise<void> {
    for (const line of noticeLines(notice, Date.now()).lines) await this.#run.note(line);
  }
}
