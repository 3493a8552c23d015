import { useMemo, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { MessageCirclePlus, Search, Settings as Cog, SquarePen } from "lucide-react";
import type { ConversationSummary } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { asUsername, connectionWords, isShown, nameOf, usernameProblem } from "@sotto/views";
import type { ConversationFilter, ConversationRow } from "@sotto/views";
import { PersonAvatar } from "../parts/avatar.tsx";
import { Brand } from "../parts/brand.tsx";
import type { MenuPlace } from "../parts/conversation-menu.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/lazy.tsx";
import { ListRows } from "../parts/list-rows.tsx";
import { MemoryNotice, RecoveryNotice } from "../parts/notices.tsx";
import { useEngine } from "../state/live.ts";
import { go } from "../state/route.ts";
import { selfOf } from "../state/self.ts";
import { toast } from "../state/toast.ts";
import type { SignedIn } from "./shell.tsx";

const ConversationMenu = later(() => import("../parts/conversation-menu.tsx"));

const TABS: { filter: ConversationFilter; name: string }[] = [
  { filter: "all", name: "All" },
  { filter: "unread", name: "Unread" },
  { filter: "people", name: "People" },
  { filter: "groups", name: "Groups" },
];

type ListPaneProps = {
  session: SignedIn;
  conversations: ConversationSummary[] | null;
  rows: ConversationRow[];
  opened: ConversationId | null;
  filter: ConversationFilter;
  onFilter: (filter: ConversationFilter) => void;
  typed: string;
  onTyped: (typed: string) => void;
  onSelect: (conversation: ConversationId) => void;
  /** Shows the search field where it is folded away, and goes to it. */
  onFind: () => void;
  onNew: (username: string) => void;
};

export function ListPane(props: ListPaneProps) {
  const { session, conversations, rows, opened, filter, typed, onSelect, onNew } = props;
  const engine = useEngine();
  const scroller = useRef<HTMLDivElement>(null);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const menuRow = menu === null ? undefined : rows.find((row) => row.conversation === menu.conversation);
  // M and P while a row has focus: muted or not, pinned or not.
  const onRowKey = (event: KeyboardEvent, { conversation, muted, pinned }: ConversationRow) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const failed = () => toast("That didn't work. Try again.");
    if (event.key === "m") void engine.setMuted({ conversation, muted: !muted }).catch(failed);
    if (event.key === "p") void engine.setPinned({ conversation, pinned: !pinned }).catch(failed);
  };
  const summaries = useMemo(() => new Map(conversations?.map((one) => [one.conversation, one])), [conversations]);
  const shown = rows.filter((row) => {
    const summary = summaries.get(row.conversation);
    return summary !== undefined && isShown(summary, typed.trim() === "" ? filter : "all", typed);
  });
  const username = asUsername(typed);
  const startable =
    usernameProblem(username) === null &&
    username.length >= 3 &&
    username !== session.username &&
    conversations?.every(({ kind, people }) => kind !== "direct" || people[0]?.username !== username) === true;
  const unread = conversations?.filter((conversation) => conversation.unread > 0).length ?? 0;

  const onFindKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      scroller.current?.querySelector<HTMLButtonElement>(".conv-row")?.focus();
    } else if (event.key === "Enter" && typed.trim() !== "") {
      const [first] = shown;
      if (first !== undefined) {
        props.onTyped("");
        onSelect(first.conversation);
      } else if (startable) onNew(username);
    } else if (event.key === "Escape") {
      props.onTyped("");
      event.currentTarget.blur();
    }
  };

  return (
    <nav className="pane list" aria-label="Conversations">
      <div className="list-h">
        <h1 className="vh">Conversations</h1>
        <span className="grow">
          <Brand />
        </span>
        <button type="button" className="ib" aria-label="New message" title="New message" onClick={() => onNew("")}>
          <Icon of={SquarePen} />
        </button>
      </div>
      <label className="find" onClick={props.onFind}>
        <Icon of={Search} size={18} />
        <input
          id="find"
          type="search"
          placeholder="Search"
          aria-label="Search conversations, or type a username"
          aria-keyshortcuts="Control+K"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => props.onTyped(event.target.value)}
          onKeyDown={onFindKey}
        />
        <span className="kbd not-m" aria-hidden="true">
          Ctrl
        </span>
        <span className="kbd not-m" aria-hidden="true">
          K
        </span>
      </label>
      <div className="tabs" role="group" aria-label="Show">
        {TABS.map((tab) => (
          <button
            key={tab.filter}
            type="button"
            className={`tab ${filter === tab.filter ? "on" : ""}`}
            aria-pressed={filter === tab.filter}
            onClick={() => props.onFilter(tab.filter)}
          >
            {tab.name} {tab.filter === "unread" && unread > 0 && <span className="t3">{unread}</span>}
          </button>
        ))}
      </div>
      <MemoryNotice session={session} />
      <RecoveryNotice session={session} />
      <div className="scroll" ref={scroller}>
        {conversations === null && <Skeleton />}
        {conversations !== null && (
          <ListRows
            rows={shown}
            scroller={scroller}
            opened={opened}
            onSelect={onSelect}
            onMenu={setMenu}
            onRowKey={onRowKey}
          />
        )}
        {conversations !== null && typed.trim() !== "" && startable && (
          <div className="rows">
            <button type="button" className="conv-row ghost-row" onClick={() => onNew(username)}>
              <span className="round-ic">
                <Icon of={MessageCirclePlus} size={19} />
              </span>
              <span className="grow s15">
                Start a conversation with <b className="w6">@{username}</b>
              </span>
            </button>
          </div>
        )}
        {conversations?.length === 0 && typed.trim() === "" && (
          <p className="s14 t2 list-note">Your conversations will appear here.</p>
        )}
        {conversations !== null &&
          conversations.length > 0 &&
          shown.length === 0 &&
          !(startable && typed.trim() !== "") && <Nothing typed={typed} />}
      </div>
      {menu !== null && menuRow !== undefined && (
        <ConversationMenu row={menuRow} place={menu} onClose={() => setMenu(null)} />
      )}
      <div className="me">
        <PersonAvatar person={selfOf(session)} size={36} />
        <div className="grow who">
          <div className="s14 w6 trunc">
            <bdi>{nameOf(selfOf(session))}</bdi>
          </div>
          <div className="s12 t3" role="status" data-testid="connection">
            {connectionWords(session.connection)}
          </div>
        </div>
        <button
          type="button"
          className="ib"
          aria-label="Settings"
          title="Settings"
          onClick={() =>
            go({ kind: "settings", page: window.matchMedia("(max-width: 640px)").matches ? "menu" : "appearance" })
          }
        >
          <Icon of={Cog} />
        </button>
      </div>
    </nav>
  );
}

function Nothing({ typed }: { typed: string }) {
  return (
    <div className="list-nothing">
      <span className="t3">
        <Icon of={Search} />
      </span>
      <p className="s15 w6">{typed.trim() === "" ? "Nothing here" : `Nothing matches “${typed.trim()}”`}</p>
      <p className="s14 t2">Usernames have to be exact: the server gives out no list of people.</p>
    </div>
  );
}

function Skeleton() {
  return (
    <div className="rows" aria-hidden="true">
      {[0, 1, 2, 3].map((row) => (
        <div className="sk-row" key={row}>
          <i className="sk" />
          <div>
            <i className="sk" />
            <i className="sk" />
          </div>
        </div>
      ))}
    </div>
  );
}
