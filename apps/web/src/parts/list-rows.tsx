import { createContext, useCallback, useContext, useEffect, useRef, useState } from "react";
import type { KeyboardEvent, ReactNode, Ref, RefObject } from "react";
import { Virtualizer } from "virtua";
import type { CustomContainerComponentProps, CustomItemComponentProps, VirtualizerHandle } from "virtua";
import type { ConversationId } from "@sotto/protocol";
import type { ConversationRow } from "@sotto/views";
import { ConversationButton } from "./conversation-button.tsx";
import type { MenuPlace } from "./conversation-menu.tsx";

const ROW_PX = 66;

type ListRowsProps = {
  rows: readonly ConversationRow[];
  /** What scrolls; the rows stand at its beginning. */
  scroller: RefObject<HTMLElement | null>;
  opened: ConversationId | null;
  onSelect: (conversation: ConversationId) => void;
  onMenu: (place: MenuPlace) => void;
  /** A key on the row that has focus, other than those that move. */
  onRowKey: (event: KeyboardEvent, row: ConversationRow) => void;
};

/** How many rows there are, which the rows that happen to be mounted don't tell. */
const Count = createContext(0);

function Rows({ style, children, ref }: CustomContainerComponentProps) {
  return (
    <ul style={style} ref={ref as Ref<HTMLUListElement>} data-testid="conversations">
      {children}
    </ul>
  );
}

function Item({ style, index, children, ref }: CustomItemComponentProps) {
  const count = useContext(Count);
  return (
    <li style={style} ref={ref as Ref<HTMLLIElement>} aria-posinset={index + 1} aria-setsize={count}>
      {children}
    </li>
  );
}

const conversationOf = (element: Element | null): string | null => element?.getAttribute("data-conversation") ?? null;

/** Puts the focus on a row once it is there. */
function focusOn(list: HTMLElement | null, conversation: ConversationId, triesLeft = 5): void {
  const row = list?.querySelector<HTMLElement>(`[data-conversation="${CSS.escape(conversation)}"]`);
  if (row !== undefined && row !== null) return row.focus();
  if (triesLeft > 0) requestAnimationFrame(() => focusOn(list, conversation, triesLeft - 1));
}

/**
 * The rows of the list of conversations, of which only those near the window exist. One stop of the Tab key; the arrow keys, Home and End
 * move along it.
 */
export function ListRows({ rows, scroller, opened, onSelect, onMenu, onRowKey }: ListRowsProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const [focused, setFocused] = useState<string | null>(null);
  // The same one always: no row is drawn again because it is another.
  const latest = useRef(onSelect);
  useEffect(() => {
    latest.current = onSelect;
  }, [onSelect]);
  const select = useCallback((conversation: ConversationId) => latest.current(conversation), []);
  const openedAt = rows.findIndex((row) => row.conversation === opened);
  const stopAt = Math.max(0, openedAt);
  const focusedAt = focused === null ? -1 : rows.findIndex((row) => row.conversation === focused);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const at = rows.findIndex((row) => row.conversation === conversationOf(document.activeElement));
    const row = rows[at];
    if (row === undefined) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || event.altKey) return onRowKey(event, row);
    event.preventDefault();
    if (to < 0) return document.getElementById("find")?.focus();
    const target = Math.min(to, rows.length - 1);
    list.current?.scrollToIndex(target, { align: "nearest" });
    focusOn(frame.current, rows[target]!.conversation);
  };

  return (
    <Count value={rows.length}>
      <div
        className="rows"
        ref={frame}
        onKeyDown={onKeyDown}
        onFocus={(event) => setFocused(conversationOf(event.target))}
        onBlur={() => setFocused(null)}
      >
        <Virtualizer
          ref={list}
          data={rows}
          scrollRef={scroller}
          as={Rows}
          item={Item}
          itemSize={ROW_PX}
          // What Tab leads to, and what has the focus, must not vanish by scrolling.
          keepMounted={[stopAt, focusedAt].filter((at) => at >= 0 && at < rows.length)}
        >
          {(row, at) => (
            <ConversationButton
              key={row.conversation}
              row={row}
              current={row.conversation === opened}
              tabStop={at === stopAt}
              onSelect={select}
              onMenu={onMenu}
            />
          )}
        </Virtualizer>
      </div>
    </Count>
  );
}
