import { useRef } from "react";
import { Dialog } from "@base-ui/react/dialog";
import type { ConversationId } from "@sotto/protocol";
import { mayDeleteForEveryone } from "@sotto/views";
import type { PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";
import { FailureNote } from "./failure-note.tsx";

type PostDeleteProps = { conversation: ConversationId; rows: readonly PostRow[]; onClose: (done: boolean) => void };

/** For oneself or for everyone: says what happens in either case. Focus starts on the way out. */
export function PostDelete({ conversation, rows, onClose }: PostDeleteProps) {
  const engine = useEngine();
  const { busy, failure, run } = useAction();
  const cancel = useRef<HTMLButtonElement>(null);
  const forEveryone = mayDeleteForEveryone(rows);
  const remove = async (everyone: boolean) => {
    const posts = rows.map(({ post }) => post);
    if (await run(() => engine.deletePosts({ conversation, posts, everyone }))) onClose(true);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && !busy && onClose(false)}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Viewport className="dlg-view">
          <Dialog.Popup className="dlg w460 ask" role="alertdialog" initialFocus={cancel}>
            <Dialog.Title>{m.post_delete_title({ count: rows.length })}</Dialog.Title>
            <Dialog.Description className="s15 t2" render={<div />}>
              {forEveryone && (
                <p>{rows.every(({ own }) => own) ? m.post_delete_everyone_means() : m.post_delete_admin_means()}</p>
              )}
              <p>{m.post_delete_me_means()}</p>
            </Dialog.Description>
            <FailureNote failure={failure} />
            <div className="ask-f wraps">
              <Dialog.Close className="btn ghost" ref={cancel} disabled={busy}>
                {m.common_cancel()}
              </Dialog.Close>
              <button
                type="button"
                className={`btn ${forEveryone ? "danger-quiet" : "danger"}`}
                disabled={busy}
                onClick={() => void remove(false)}
              >
                {m.post_delete_me()}
              </button>
              {forEveryone && (
                <button
                  type="button"
                  className="btn danger"
                  aria-busy={busy}
                  disabled={busy}
                  onClick={() => void remove(true)}
                >
                  {m.post_delete_everyone()}
                </button>
              )}
            </div>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
