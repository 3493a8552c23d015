import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import type { ChangeEvent, ClipboardEvent, KeyboardEvent } from "react";
import { ArrowUp, Check, Link, Smile, Timer, Type, X } from "lucide-react";
import type { Failure } from "@sotto/engine";
import {
  applyEdit,
  asFailure,
  bareAddresses,
  durationInWords,
  failureSentence,
  formatEdit,
  linkMentions,
  mentionName,
  mentionTable,
  newLineEdit,
  unlinkMentions,
} from "@sotto/views";
import type { Edit, Format } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Banner } from "../composer/banner.tsx";
import { CompletionList, optionId } from "../composer/completion-list.tsx";
import { FormatBar, formatOfKey } from "../composer/format-bar.tsx";
import { MoreButton } from "../composer/more-button.tsx";
import { PreviewCard } from "../composer/preview-card.tsx";
import type { PreviewTyped } from "../composer/preview-card.tsx";
import { useCompletion } from "../composer/use-completion.ts";
import { useDraft } from "../composer/use-draft.ts";
import { useTyping } from "../composer/use-typing.ts";
import { useEngine } from "../state/live.ts";
import { usePreferences } from "../state/own.ts";
import { valueOf } from "../state/query.ts";
import { useSettings } from "../state/settings.ts";
import { toast } from "../state/toast.ts";
import type { ComposerProps } from "./composing.ts";
import { Icon } from "./icon.tsx";
import { later } from "./lazy.tsx";

const EmojiPopover = later(() => import("./emoji-popover.tsx"));
const PollDialog = later(() => import("../composer/poll-dialog.tsx"));
const ScheduleDialog = later(() => import("../composer/schedule-dialog.tsx"));

const LINES_MAX = 8;
/** Browsers take a second to type a thousand lines; what is longer is put in at once, and can't be undone by the field. */
const TYPED_LENGTH_MAX = 4_000;
const TYPED_LINES_MAX = 100;

/** Puts an edit into the field the way typing would, so that it can be undone; null where the browser doesn't do that. */
function typeInto(area: HTMLTextAreaElement, { from, to, insert, select }: Edit): boolean {
  area.focus();
  area.setSelectionRange(from, to);
  const before = area.value;
  const expected = applyEdit(before, { from, to, insert, select });
  if (insert.length > TYPED_LENGTH_MAX || insert.split("\n").length > TYPED_LINES_MAX) return false;
  if (before !== expected) document.execCommand(insert === "" ? "delete" : "insertText", false, insert);
  if (area.value !== expected) return false;
  area.setSelectionRange(select.from, select.to);
  return true;
}

/** Where one writes. The field holds text and nothing else (T54): what is formatted is Markdown, a mention is `@Name`. */
export function Composer(props: ComposerProps) {
  const { conversation, name, draft, readers, details, composing, onComposed, onEditLast, thread } = props;
  const engine = useEngine();
  const { enterSends } = useSettings();
  const previewsOn = valueOf(usePreferences(), null)?.linkPreviews ?? false;
  const list = useId();
  const [draftText, setDraft, flush] = useDraft(conversation, draft, thread === undefined);
  // What is being changed has a text of its own: the draft waits until that is over.
  const editing = composing?.kind === "edit" ? composing : null;
  const [edited, setEdited] = useState<{ post: string; text: string } | null>(null);
  const text =
    editing === null
      ? draftText
      : edited?.post === editing.post
        ? edited.text
        : unlinkMentions(editing.text, (account) => mentionName(details, account));
  const [range, setRange] = useState({ from: 0, to: 0 });
  const [failure, setFailure] = useState<Failure | null>(null);
  const [open, setOpen] = useState<"emoji" | "poll" | "schedule" | null>(null);
  const [barShown, setBarShown] = useState(false);
  const [timer, setTimer] = useState<number | null>(null);
  const [preview, setPreview] = useState<PreviewTyped | null>(null);
  const pastedTitles = useRef(new Map<string, string>());
  const area = useRef<HTMLTextAreaElement>(null);
  const smile = useRef<HTMLButtonElement>(null);
  const tellTyping = useTyping(conversation);
  const completion = useCompletion(
    { text, from: Math.min(range.from, text.length), to: Math.min(range.to, text.length) },
    details,
  );

  const setText = (next: string) => {
    if (editing === null) setDraft(next);
    else setEdited({ post: editing.post, text: next });
  };
  const change = (edit: Edit) => {
    const element = area.current;
    if (element === null || typeInto(element, edit)) return;
    setText(applyEdit(text, edit));
    requestAnimationFrame(() => element.setSelectionRange(edit.select.from, edit.select.to));
  };
  const look = () => {
    const element = area.current;
    if (element !== null) setRange({ from: element.selectionStart, to: element.selectionEnd });
  };

  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.height = "auto";
    const line = Number.parseFloat(getComputedStyle(element).lineHeight);
    element.style.height = `${Math.min(element.scrollHeight, Math.round(line * LINES_MAX) + 16)}px`;
  }, [text]);
  useEffect(() => {
    // On a phone this would bring up the keyboard over what one came to read.
    if (window.matchMedia("(hover: hover)").matches) area.current?.focus({ preventScroll: true });
  }, []);
  const composed = composing?.post;
  useEffect(() => {
    const element = area.current;
    if (composed === undefined || element === null) return;
    element.focus({ preventScroll: true });
    element.setSelectionRange(element.value.length, element.value.length);
  }, [composed]);

  const linked = (typed: string): string => (details === null ? typed : linkMentions(typed, mentionTable(details)));
  const over = () => {
    setEdited(null);
    setPreview(null);
    setTimer(null);
    setFailure(null);
    if (composing !== null) onComposed();
  };
  const send = () => {
    if (text.trim() === "") return;
    tellTyping(false);
    const sent = linked(text);
    const failed = (thrown: unknown) => {
      setFailure(asFailure(thrown));
      if (editing === null) setText(text);
    };
    if (editing !== null) {
      engine.edit({ conversation, post: editing.post, text: sent }).then(over, failed);
    } else {
      setDraft("");
      flush();
      const described = preview !== null && preview.title.trim() !== "" && sent.includes(preview.url);
      engine
        .send({
          conversation,
          text: sent,
          ...(composing === null ? {} : { inReplyTo: composing.post }),
          ...(thread === undefined ? {} : { thread }),
          ...(timer === null ? {} : { expiresInSeconds: timer }),
          ...(described
            ? { preview: { url: preview.url, title: preview.title.trim(), description: preview.description.trim() } }
            : {}),
        })
        .catch(failed);
      over();
    }
    area.current?.focus();
  };
  const schedule = async (at: number) => {
    await engine.schedule({
      conversation,
      text: linked(text),
      at,
      ...(composing?.kind === "reply" ? { inReplyTo: composing.post } : {}),
    });
    setDraft("");
    flush();
    over();
    toast(m.write_schedule_done());
  };

  const take = (at: number) => {
    const edit = completion.take(at);
    if (edit !== null) change(edit);
  };
  const format = (which: Format) => {
    const element = area.current;
    if (element !== null) change(formatEdit({ text, from: element.selectionStart, to: element.selectionEnd }, which));
  };

  /** @returns whether the list of completions took the key */
  const onCompletionKey = (key: string, shift: boolean): boolean => {
    if (completion.choices.length === 0) return false;
    if (key === "ArrowDown") completion.move(1);
    else if (key === "ArrowUp") completion.move(-1);
    else if (key === "Escape") completion.dismiss();
    else if ((key === "Enter" || key === "Tab") && !shift) take(completion.active);
    else return false;
    return true;
  };

  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (event.nativeEvent.isComposing) return;
    const command = ctrlKey || metaKey;
    const done = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (!command && !altKey && onCompletionKey(key, shiftKey)) return done();
    const wanted = formatOfKey(event.nativeEvent);
    if (wanted !== null) {
      format(wanted);
      return done();
    }
    if (key === "Escape" && (failure !== null || composing !== null)) {
      if (failure !== null) setFailure(null);
      else over();
      return done();
    }
    if (key === "ArrowUp" && text === "" && composing === null && !command && !altKey && !shiftKey) {
      onEditLast();
      return done();
    }
    if (key !== "Enter") return;
    if (enterSends ? shiftKey || altKey : !command) {
      const element = event.currentTarget;
      const edit = newLineEdit({ text, from: element.selectionStart, to: element.selectionEnd });
      if (edit === null) return;
      change(edit);
      return done();
    }
    done();
    send();
  };

  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const html = event.clipboardData.getData("text/html");
    const plain = event.clipboardData.getData("text/plain");
    if (html === "" || !/<[a-z]/iu.test(html)) return;
    const element = event.currentTarget;
    const { selectionStart: from, selectionEnd: to } = element;
    event.preventDefault();
    // Read as text by our own reader, in no document: nothing of it is ever built (T54).
    void import("@sotto/views/markdown")
      .then(
        ({ pastedMarkdown }) => pastedMarkdown(html),
        () => null,
      )
      .then((marked) => {
        const insert = marked ?? plain;
        for (const [, title = "", url = ""] of insert.matchAll(/\[([^\]\n]{1,120})\]\((https?:[^)\s]{1,2000})\)/gu))
          pastedTitles.current.set(url, title);
        change({ from, to, insert, select: { from: from + insert.length, to: from + insert.length } });
      });
  };

  const colonTyped = useRef(false);
  const onInput = (event: ChangeEvent<HTMLTextAreaElement>) => {
    const { value } = event.target;
    colonTyped.current = event.nativeEvent instanceof InputEvent && event.nativeEvent.data === ":";
    setText(value);
    look();
    tellTyping(value.trim() !== "");
  };
  const { closing } = completion;
  useEffect(() => {
    // `:tada:` typed out becomes the emoji. Not when it comes back by undoing that.
    if (closing === null || !colonTyped.current) return;
    colonTyped.current = false;
    change(closing);
  });

  const address = previewsOn && editing === null ? (bareAddresses(text)[0]?.address ?? null) : null;
  const card = preview !== null && text.includes(preview.url) && editing === null ? preview : null;
  const offered = card === null && address !== null;
  const empty = text.trim() === "";
  const selecting = range.to > range.from;
  const conversationTimer = details?.rules.timerSeconds ?? 0;
  const listed = completion.choices.length > 0;
  return (
    <>
      {failure !== null && (
        <p className="hint bad composer-bad" role="alert">
          {failureSentence(failure)}
        </p>
      )}
      <form
        className="composer"
        aria-label={thread === undefined ? m.write_form() : m.write_reply_in()}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <CompletionList id={list} completion={completion} onTake={take} />
        {composing !== null && <Banner composing={composing} details={details} onCancel={over} />}
        {(barShown || selecting) && <FormatBar onFormat={format} />}
        {card !== null && <PreviewCard preview={card} onChange={setPreview} onRemove={() => setPreview(null)} />}
        <div className="in">
          {editing === null && (
            <MoreButton
              mayPoll={details !== null && details.kind !== "self"}
              maySchedule={thread === undefined}
              conversationTimer={conversationTimer}
              timer={timer}
              onPoll={() => setOpen("poll")}
              onSchedule={() => setOpen("schedule")}
              onTimer={setTimer}
            />
          )}
          <textarea
            id={thread === undefined ? "composer" : "composer-thread"}
            ref={area}
            rows={1}
            dir="auto"
            value={text}
            placeholder={thread === undefined ? m.write_message_to({ name }) : m.write_reply_in()}
            aria-label={thread === undefined ? m.write_message_to({ name }) : m.write_reply_in()}
            aria-autocomplete="list"
            aria-controls={listed ? list : undefined}
            aria-activedescendant={listed ? optionId(list, completion.active) : undefined}
            enterKeyHint={enterSends ? "send" : "enter"}
            onChange={onInput}
            onKeyDown={onKey}
            onSelect={look}
            onPaste={onPaste}
            onBlur={() => setRange(({ to }) => ({ from: to, to }))}
          />
          <button
            type="button"
            className={`ib not-m ${barShown ? "on" : ""}`}
            aria-label={m.write_format()}
            title={m.write_format()}
            aria-pressed={barShown}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => setBarShown(!barShown)}
          >
            <Icon of={Type} />
          </button>
          <button
            ref={smile}
            type="button"
            className="ib"
            aria-label={m.write_emoji()}
            title={m.write_emoji()}
            aria-expanded={open === "emoji"}
            onClick={() => setOpen(open === "emoji" ? null : "emoji")}
          >
            <Icon of={Smile} />
          </button>
          <button
            type="submit"
            className={`send ${empty ? "off" : ""}`}
            aria-label={editing === null ? m.write_send() : m.write_save_edit()}
            title={editing === null ? m.write_send() : m.write_save_edit()}
            disabled={empty}
          >
            <Icon of={editing === null ? ArrowUp : Check} />
          </button>
        </div>
      </form>
      <div className="under">
        {timer !== null && editing === null && (
          <span className="one-timer">
            <Icon of={Timer} size={14} />
            {m.write_timer_on({ time: durationInWords(timer) })}
            <button
              type="button"
              aria-label={m.write_timer_stop()}
              title={m.write_timer_stop()}
              onClick={() => setTimer(null)}
            >
              <Icon of={X} size={14} />
            </button>
          </span>
        )}
        {offered && (
          <button
            type="button"
            className="linkish"
            onClick={() =>
              setPreview({ url: address, title: pastedTitles.current.get(address) ?? "", description: "" })
            }
          >
            <Icon of={Link} size={14} /> {m.write_preview_add({ host: address.split("/")[2] ?? address })}
          </button>
        )}
        {timer === null && !offered && <span>{readers}</span>}
        <span className="r not-m">{enterSends ? m.write_hint_enter() : m.write_hint_ctrl()}</span>
      </div>
      {open === "emoji" && (
        <EmojiPopover
          anchor={smile}
          onPick={(emoji) => {
            setOpen(null);
            const { from, to } = {
              from: area.current?.selectionStart ?? text.length,
              to: area.current?.selectionEnd ?? text.length,
            };
            const caret = from + emoji.length;
            requestAnimationFrame(() => change({ from, to, insert: emoji, select: { from: caret, to: caret } }));
          }}
          onClose={() => setOpen(null)}
        />
      )}
      {open === "poll" && (
        <PollDialog
          onSend={(poll) => engine.sendPoll({ conversation, ...poll, ...(thread === undefined ? {} : { thread }) })}
          onClose={() => setOpen(null)}
        />
      )}
      {open === "schedule" && (
        <ScheduleDialog conversation={conversation} text={text} onSchedule={schedule} onClose={() => setOpen(null)} />
      )}
    </>
  );
}
