import { Users } from "lucide-react";
import { m } from "@sotto/views/messages";
import { PersonAvatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import type { Completion } from "./use-completion.ts";

export const optionId = (list: string, at: number): string => `${list}-${at}`;

/** What can be completed, above the field that keeps the focus. */
export function CompletionList({
  id,
  completion: { choices, active },
  onTake,
}: {
  id: string;
  completion: Completion;
  onTake: (at: number) => void;
}) {
  if (choices.length === 0) return null;
  return (
    <div className="menu compl" role="listbox" id={id} aria-label={m.write_completion()} data-testid="completion">
      {choices.map((choice, at) => (
        <div
          key={choice.key}
          id={optionId(id, at)}
          role="option"
          aria-selected={at === active}
          className={`mi ${at === active ? "on" : ""}`}
          // The field keeps its focus and its caret.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(at)}
        >
          {choice.kind === "person" && (
            <>
              <PersonAvatar person={choice.person} size={24} />
              <bdi className="trunc">{choice.name}</bdi>
              <span className="t3 trunc">@{choice.person.username}</span>
            </>
          )}
          {choice.kind === "everybody" && (
            <>
              <Icon of={Users} size={18} />
              <span>@{choice.name}</span>
              <span className="t3 trunc">{m.write_everybody_means()}</span>
            </>
          )}
          {choice.kind === "emoji" && (
            <>
              <span className="em">{choice.emoji}</span>
              <span className="trunc">:{choice.code}:</span>
            </>
          )}
        </div>
      ))}
    </div>
  );
}
