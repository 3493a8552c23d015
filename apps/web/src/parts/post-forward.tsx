import { useMemo, useRef, useState } from "react";
import { Check, Search } from "lucide-react";
import type { ConversationSummary } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { closedBecause, peopleInWords, shortNameOf, titleOf } from "@sotto/views";
import type { PostRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useConversations, useEngine } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { toast } from "../state/toast.ts";
import { useAction } from "../state/use-action.ts";
import { GroupAvatar, PersonAvatar, RowAvatar } from "./avatar.tsx";
import { FailureNote } from "./failure-note.tsx";
import { Icon } from "./icon.tsx";
import { Sheet } from "./sheet.tsx";

const SHOWN_MAX = 100;

type PostForwardProps = { conversation: ConversationId; rows: readonly PostRow[]; onClose: (done: boolean) => void };

function TargetAvatar({ summary }: { summary: ConversationSummary }) {
  const [other] = summary.people;
  if (summary.kind === "self") return <RowAvatar picture={{ kind: "notes" }} size={32} />;
  return summary.kind === "direct" && other !== undefined ? (
    <PersonAvatar person={other} size={32} badge />
  ) : (
    <GroupAvatar material={summary.seal} size={32} />
  );
}

/** Everyone who could read it there: up to five names, and how many more. */
function readersIn(targets: readonly ConversationSummary[]): string {
  const names = new Map(targets.flatMap(({ people }) => people.map((one) => [one.account, shortNameOf(one)])));
  const unnamed = targets.reduce(
    (sum, { people, peopleCount }) => sum + Math.max(0, peopleCount - 1 - people.length),
    0,
  );
  return peopleInWords([...names.values()].slice(0, 5), names.size + unnamed);
}

/** Into which conversations posts go on. It names who will be able to read them. */
export function PostForward({ conversation, rows, onClose }: PostForwardProps) {
  const engine = useEngine();
  const all = valueOf(useConversations(), null);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState<readonly ConversationId[]>([]);
  const first = useRef<HTMLInputElement>(null);
  const { busy, failure, run } = useAction();
  const open = useMemo(
    () => (all ?? []).filter(({ state, request }) => closedBecause(state) === null && !request),
    [all],
  );
  const wanted = typed.trim().toLocaleLowerCase();
  const found = open.filter((one) => titleOf(one).toLocaleLowerCase().includes(wanted)).slice(0, SHOWN_MAX);
  const targets = open.filter((one) => chosen.includes(one.conversation));
  const others = targets.filter(({ kind }) => kind !== "self");
  const toggle = (target: ConversationId) =>
    setChosen(chosen.includes(target) ? chosen.filter((one) => one !== target) : [...chosen, target]);
  const forward = async () => {
    const posts = rows.map(({ post }) => post);
    if (!(await run(() => engine.forward({ conversation, posts, to: [...chosen] })))) return;
    toast(m.post_forwarded_now());
    onClose(true);
  };
  return (
    <Sheet
      title={m.post_forward_title({ count: rows.length })}
      width="w460"
      up
      first={first}
      onClose={() => onClose(false)}
    >
      <div className="forward">
        <label className="find">
          <Icon of={Search} size={18} />
          <input
            ref={first}
            value={typed}
            placeholder={m.post_forward_find()}
            aria-label={m.post_forward_find()}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <ul className="forward-l" aria-label={m.post_forward_find()}>
          {found.map((one) => {
            const isChosen = chosen.includes(one.conversation);
            return (
              <li key={one.conversation}>
                <button
                  type="button"
                  className="conv-row sm"
                  role="checkbox"
                  aria-checked={isChosen}
                  data-testid="forward-target"
                  onClick={() => toggle(one.conversation)}
                >
                  <TargetAvatar summary={one} />
                  <span className="grow trunc">
                    <bdi>{titleOf(one)}</bdi>
                  </span>
                  <span className={`tick-box ${isChosen ? "on" : ""}`}>
                    {isChosen && <Icon of={Check} size={14} />}
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
        {all !== null && found.length === 0 && (
          <p className="s14 t2 pad">{m.post_forward_none({ text: typed.trim() })}</p>
        )}
        <div className="forward-f">
          <FailureNote failure={failure} />
          <p className="s14 t2" role="status">
            {targets.length === 0 || others.length === 0
              ? m.post_forward_choose()
              : m.post_forward_readers({ people: readersIn(others) })}
          </p>
          <button
            type="button"
            className="btn primary block"
            disabled={chosen.length === 0 || busy}
            aria-busy={busy}
            onClick={() => void forward()}
          >
            {m.post_forward_to({ count: chosen.length })}
          </button>
        </div>
      </div>
    </Sheet>
  );
}
