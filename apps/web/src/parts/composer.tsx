import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { ArrowUp, Smile } from "lucide-react";
import type { Failure } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { asFailure, failureSentence } from "@sotto/views";
import { useEngine } from "../state/live.ts";
import { useSettings } from "../state/settings.ts";
import { Icon } from "./icon.tsx";
import { later } from "./lazy.tsx";

const EmojiPopover = later(() => import("./emoji-popover.tsx"));

const DRAFT_MS = 200;
const LINES_MAX = 8;

/** The draft is kept as it is typed, and at the latest when the page goes away. */
function useDraft(conversation: ConversationId, stored: string): [string, (text: string) => void, () => void] {
  const engine = useEngine();
  const [text, setText] = useState(stored);
  const wanted = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const saved = useRef(stored);
  const flush = useCallback(() => {
    clearTimeout(timer.current);
    if (wanted.current === null) return;
    saved.current = wanted.current;
    // A draft that can't be kept is still in the field.
    engine.saveDraft({ conversation, text: wanted.current }).catch(() => undefined);
    wanted.current = null;
  }, [engine, conversation]);
  useEffect(() => {
    window.addEventListener("pagehide", flush);
    return () => {
      window.removeEventListener("pagehide", flush);
      flush();
    };
  }, [flush]);
  // Typed in another tab of this account, and not touched here.
  useEffect(() => {
    if (wanted.current !== null || stored === saved.current) return;
    setText((now) => (now === saved.current ? stored : now));
    saved.current = stored;
  }, [stored]);
  const change = useCallback(
    (next: string) => {
      setText(next);
      wanted.current = next;
      clearTimeout(timer.current);
      timer.current = setTimeout(flush, DRAFT_MS);
    },
    [flush],
  );
  return [text, change, flush];
}

type ComposerProps = { conversation: ConversationId; name: string; draft: string; readers: string };

/** Where one writes. Plain text: whatever is pasted loses its form, and can only be text. */
export function Composer({ conversation, name, draft, readers }: ComposerProps) {
  const engine = useEngine();
  const { enterSends } = useSettings();
  const [text, setText, flush] = useDraft(conversation, draft);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [picking, setPicking] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const smile = useRef<HTMLButtonElement>(null);

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

  const send = () => {
    if (text.trim() === "") return;
    setText("");
    flush();
    setFailure(null);
    engine.send({ conversation, text }).catch((thrown: unknown) => {
      setFailure(asFailure(thrown));
      setText(text);
    });
    area.current?.focus();
  };

  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Escape" && failure !== null) setFailure(null);
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    if (enterSends ? event.shiftKey || event.altKey : !command) return;
    event.preventDefault();
    send();
  };

  const insert = (emoji: string) => {
    const element = area.current;
    const [from, to] = element === null ? [text.length, text.length] : [element.selectionStart, element.selectionEnd];
    setText(text.slice(0, from) + emoji + text.slice(to));
    setPicking(false);
    requestAnimationFrame(() => {
      element?.focus();
      element?.setSelectionRange(from + emoji.length, from + emoji.length);
    });
  };

  const empty = text.trim() === "";
  return (
    <>
      {failure !== null && (
        <p className="hint bad composer-bad" role="alert">
          {failureSentence(failure)}
        </p>
      )}
      <form
        className="composer"
        aria-label="Write a message"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div className="in">
          <textarea
            id="composer"
            ref={area}
            rows={1}
            dir="auto"
            value={text}
            placeholder={`Message ${name}`}
            aria-label={`Message ${name}`}
            enterKeyHint={enterSends ? "send" : "enter"}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={onKey}
          />
          <button
            ref={smile}
            type="button"
            className="ib"
            aria-label="Emoji"
            title="Emoji"
            aria-expanded={picking}
            onClick={() => setPicking(!picking)}
          >
            <Icon of={Smile} />
          </button>
          <button
            type="submit"
            className={`send ${empty ? "off" : ""}`}
            aria-label="Send"
            title="Send"
            disabled={empty}
          >
            <Icon of={ArrowUp} />
          </button>
        </div>
      </form>
      <div className="under">
        <span>{readers}</span>
        <span className="r not-m">
          {enterSends ? "Enter to send, Shift Enter for a new line" : "Ctrl Enter to send, Enter for a new line"}
        </span>
      </div>
      {picking && <EmojiPopover anchor={smile} onPick={insert} onClose={() => setPicking(false)} />}
    </>
  );
}
