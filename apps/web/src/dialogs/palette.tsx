import { useRef, useState } from "react";
import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { Search } from "lucide-react";
import type { ConversationSummary } from "@sotto/engine";
import { paletteSections } from "@sotto/views";
import type { PaletteItem, PaletteSection } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { RowAvatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { ACTION_ICONS } from "../parts/palette-actions.ts";
import type { Command } from "../parts/palette-actions.ts";
import { herePlace, useNow } from "../state/clock.ts";

type Item = PaletteItem<Command["action"]>;

type PaletteProps = {
  conversations: ConversationSummary[];
  commands: Command[];
  onPick: (item: Item) => void;
  onClose: () => void;
};

/** Everything one can go to or do, found by a few letters. Ctrl K. */
export default function Palette({ conversations, commands, onPick, onClose }: PaletteProps) {
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const now = useNow();
  const sections = paletteSections(typed, { conversations, actions: commands, now, place: herePlace() });
  const groups = sections.map(({ title, items }) => ({ value: title, items }));
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Viewport className="dlg-view up">
          <Dialog.Popup className="dlg palette" aria-label={m.palette_title()} initialFocus={field}>
            <Autocomplete.Root
              open
              inline
              items={groups}
              filter={null}
              autoHighlight="always"
              keepHighlight
              value={typed}
              onValueChange={(text, { reason }) => reason !== "item-press" && setTyped(text)}
              itemToStringValue={(item: Item) => item.key}
            >
              <div className="palette-h">
                <Icon of={Search} />
                <Autocomplete.Input
                  ref={field}
                  className="grow"
                  aria-label={m.palette_placeholder()}
                  placeholder={m.palette_placeholder()}
                  spellCheck={false}
                />
                <span className="kbd not-m" aria-hidden="true">
                  Esc
                </span>
              </div>
              <Autocomplete.Empty className="palette-none s15 t2">
                {sections.length === 0 && m.palette_empty({ typed: typed.trim() })}
              </Autocomplete.Empty>
              <Autocomplete.List className="palette-list">
                {(section: { value: string; items: PaletteSection<Command["action"]>["items"] }) => (
                  <Autocomplete.Group key={section.value} items={section.items}>
                    <Autocomplete.GroupLabel className="sec-label">{section.value}</Autocomplete.GroupLabel>
                    <Autocomplete.Collection>
                      {(item: Item) => (
                        <Autocomplete.Item
                          key={item.key}
                          value={item}
                          className="conv-row palette-row"
                          onClick={() => onPick(item)}
                          data-testid="palette-item"
                        >
                          <Offer item={item} />
                        </Autocomplete.Item>
                      )}
                    </Autocomplete.Collection>
                  </Autocomplete.Group>
                )}
              </Autocomplete.List>
              <div className="palette-f s13 t2" aria-hidden="true">
                <span>
                  <span className="kbd">↑</span> <span className="kbd">↓</span> {m.palette_move()}
                </span>
                <span>
                  <span className="kbd">Enter</span> {m.palette_open()}
                </span>
                <span className="r">{m.palette_narrow()}</span>
              </div>
            </Autocomplete.Root>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Offer({ item }: { item: Item }) {
  if (item.kind === "conversation")
    return (
      <>
        <RowAvatar picture={item.row.picture} size={28} />
        <span className="grow s15 trunc">
          <bdi>{item.row.title}</bdi> {item.hint !== "" && <span className="t2 s14">{item.hint}</span>}
        </span>
      </>
    );
  const { action, title, hint, keys } = item.action;
  return (
    <>
      <span className="palette-ic">
        <Icon of={ACTION_ICONS[action]} size={19} />
      </span>
      <span className="grow s15 trunc">
        {title} {hint !== "" && <span className="t2 s14">{hint}</span>}
      </span>
      {keys.map((key) => (
        <span key={key} className="kbd not-m" aria-hidden="true">
          {key}
        </span>
      ))}
    </>
  );
}
