import { useState } from "react";
import { ChevronDown, Pin } from "lucide-react";
import { Popover } from "@base-ui/react/popover";
import type { ConversationId, PostId } from "@sotto/protocol";
import { previewOf, senderOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useEngine } from "../state/live.ts";
import { toast } from "../state/toast.ts";
import { Icon } from "./icon.tsx";
import type { Pinned } from "./post-pins.ts";

function wordsOf(item: Pinned): string {
  if (item.kind !== "post") return m.post_pinned_deleted();
  return previewOf(item.marks.poll === null ? item.text : item.marks.poll.question);
}

type PostPinsProps = {
  conversation: ConversationId;
  pins: readonly Pinned[];
  mayPin: boolean;
  onJump: (post: PostId) => void;
};

/** The bar under the header: the newest pin first, each click the next one, and a list of all. */
export default function PostPins({ conversation, pins, mayPin, onJump }: PostPinsProps) {
  const engine = useEngine();
  const [at, setAt] = useState(0);
  const [listed, setListed] = useState(false);
  const shown = pins[at % pins.length];
  if (shown === undefined) return null;
  const text = wordsOf(shown);
  const unpin = (post: PostId) =>
    void engine.setPostPinned({ conversation, post, pinned: false }).catch(() => toast(m.post_all_selected_failed()));
  return (
    <section className="pins" aria-label={m.post_pinned_bar()} data-testid="pins">
      <button
        type="button"
        className="pins-b"
        title={m.post_pinned_next({ text })}
        onClick={() => {
          onJump(shown.post);
          setAt((at + 1) % pins.length);
        }}
      >
        <Icon of={Pin} size={16} />
        <b>
          <bdi>{senderOf(shown)}</bdi>
        </b>
        <span className="grow trunc" dir="auto">
          {text}
        </span>
        {pins.length > 1 && (
          <span className="t3">{m.post_pinned_count({ at: (at % pins.length) + 1, count: pins.length })}</span>
        )}
      </button>
      <Popover.Root open={listed} onOpenChange={setListed}>
        <Popover.Trigger className="ib" aria-label={m.post_pinned_show_all()} title={m.post_pinned_show_all()}>
          <Icon of={ChevronDown} size={18} />
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Positioner className="menu-pos" align="end" sideOffset={6} collisionPadding={8}>
            <Popover.Popup className="menu pins-l" aria-label={m.post_pinned_bar()}>
              <ul>
                {pins.map((item) => (
                  <li key={item.post}>
                    <button
                      type="button"
                      className="mi"
                      onClick={() => {
                        setListed(false);
                        onJump(item.post);
                      }}
                    >
                      <b>
                        <bdi>{senderOf(item)}</bdi>
                      </b>
                      <span className="trunc-2" dir="auto">
                        {wordsOf(item)}
                      </span>
                    </button>
                    {mayPin && (
                      <button type="button" className="linkish s14" onClick={() => unpin(item.post)}>
                        {m.post_unpin()}
                      </button>
                    )}
                  </li>
                ))}
              </ul>
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
    </section>
  );
}
