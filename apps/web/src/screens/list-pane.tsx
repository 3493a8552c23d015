import { useMemo, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { Ellipsis, MessageCirclePlus, Search, Settings as Cog, SquarePen, UserRoundPlus } from "lucide-react";
import type { ConversationSummary, Folder } from "@sotto/engine";
import type { AccountId, ConversationId } from "@sotto/protocol";
import { asUsername, connectionWords, countsOf, isShown, nameOf, usernameProblem } from "@sotto/views";
import type { ConversationFilter, ConversationRow } from "@sotto/views";
import { PersonAvatar } from "../parts/avatar.tsx";
import { Brand } from "../parts/brand.tsx";
import { m } from "@sotto/views/messages";
import type { MenuPlace } from "../parts/conversation-menu.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/lazy.tsx";
import { ListRows } from "../parts/list-rows.tsx";
import { MemoryNotice, RecoveryNotice } from "../parts/notices.tsx";
import { useEngine } from "../state/live.ts";
import { NEWEST } from "../state/orders.ts";
import { useFolders } from "../state/own.ts";
import { valueOf } from "../state/query.ts";
import { go } from "../state/route.ts";
import { selfOf } from "../state/self.ts";
import { toast } from "../state/toast.ts";
import type { SignedIn } from "./shell.tsx";

const Verify = later(() => import("../dialogs/verify.tsx"));
const ConversationMenu = later(() => import("../parts/conversation-menu.tsx"));

const FolderMenu = later(() => import("../parts/folder-menu.tsx"));

type Tab = { filter: ConversationFilter; name: string; count: number };

/** The four that are always there, then those for which there is something. */
function tabsOf(
  conversations: readonly ConversationSummary[],
  folders: readonly Folder[],
  filter: ConversationFilter,
): Tab[] {
  const { unread, requests } = countsOf(conversations);
  const extra = (name: "favourites" | "archived", words: string, has: (one: ConversationSummary) => boolean): Tab[] =>
    filter === name || conversations.some(has) ? [{ filter: name, name: words, count: 0 }] : [];
  return [
    { filter: "all", name: m.list_all(), count: 0 },
    { filter: "unread", name: m.list_unread(), count: unread },
    { filter: "people", name: m.list_people(), count: 0 },
    { filter: "groups", name: m.list_groups(), count: 0 },
    ...extra("favourites", m.list_favourites(), ({ favourite }) => favourite),
    ...(requests > 0 || filter === "requests"
      ? [{ filter: "requests" as const, name: m.list_requests(), count: requests }]
      : []),
    ...folders.map(({ folder, name }): Tab => ({ filter: `folder:${folder}`, name, count: 0 })),
    ...extra("archived", m.list_archived(), ({ archived }) => archived),
  ];
}

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
  onPalette: () => void;
};

export function ListPane(props: ListPaneProps) {
  const { session, conversations, rows, opened, filter, typed, onSelect, onNew } = props;
  const engine = useEngine();
  const scroller = useRef<HTMLDivElement>(null);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const menuRow = menu === null ? undefined : rows.find((row) => row.conversation === menu.conversation);
  const folders = valueOf(useFolders(), []);
  const [folderMenu, setFolderMenu] = useState<{ x: number; y: number } | null>(null);
  const [verifying, setVerifying] = useState<AccountId | null>(null);
  const inFolder = folders.find(({ folder }) => filter === `folder:${folder}`);
  // M, P, U and V while a row has focus.
  const onRowKey = (event: KeyboardEvent, row: ConversationRow) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const { conversation, muted, pinned, picture } = row;
    const failed = () => toast(m.palette_failed());
    const isUnread = row.unread > 0 || row.markedUnread;
    if (event.key === "m") void engine.setNotify({ conversation, notify: muted ? "all" : "none" }).catch(failed);
    if (event.key === "p") void engine.setPinned({ conversation, pinned: !pinned }).catch(failed);
    if (event.key === "u" && isUnread)
      void engine.markRead({ conversation, upToOrder: NEWEST, withThreads: true }).catch(failed);
    if (event.key === "u" && !isUnread) void engine.markUnread({ conversation, fromOrder: NEWEST }).catch(failed);
    if (event.key === "v" && picture.kind === "person") setVerifying(picture.person.account);
  };
  const summaries = useMemo(() => new Map(conversations?.map((one) => [one.conversation, one])), [conversations]);
  const shown = rows.filter((row) => {
    const summary = summaries.get(row.conversation);
    return summary !== undefined && isShown(summary, typed.trim() === "" ? filter : "all", typed, folders);
  });
  const username = asUsername(typed);
  const startable =
    usernameProblem(username) === null &&
    username.length >= 3 &&
    username !== session.username &&
    conversations?.every(({ kind, people }) => kind !== "direct" || people[0]?.username !== username) === true;
  const { requests } = countsOf(conversations ?? []);

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
    <nav className="pane list" aria-label={m.list_title()}>
      <div className="list-h">
        <h1 className="vh">{m.list_title()}</h1>
        <span className="grow">
          <Brand />
        </span>
        <button type="button" className="ib" aria-label={m.list_new()} title={m.list_new()} onClick={() => onNew("")}>
          <Icon of={SquarePen} />
        </button>
      </div>
      <label className="find" onClick={props.onFind}>
        <Icon of={Search} size={18} />
        <input
          id="find"
          type="search"
          placeholder={m.common_search()}
          aria-label={m.list_find()}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => props.onTyped(event.target.value)}
          onKeyDown={onFindKey}
        />
        <button
          type="button"
          className="to-palette not-m"
          title={m.palette_title()}
          aria-keyshortcuts="Control+K"
          onClick={props.onPalette}
        >
          <span className="vh">{m.palette_title()}: </span>
          <kbd className="kbd">Ctrl</kbd> <kbd className="kbd">K</kbd>
        </button>
      </label>
      <div className="tabs many" role="group" aria-label={m.list_show()}>
        {tabsOf(conversations ?? [], folders, filter).map((tab) => (
          <button
            key={tab.filter}
            type="button"
            className={`tab ${filter === tab.filter ? "on" : ""}`}
            aria-pressed={filter === tab.filter}
            onClick={() => props.onFilter(tab.filter)}
          >
            <bdi>{tab.name}</bdi> {tab.count > 0 && <span className="t3">{tab.count}</span>}
          </button>
        ))}
        {inFolder !== undefined && (
          <button
            type="button"
            className="tab"
            aria-label={m.list_options()}
            title={m.list_options()}
            onClick={(event) => {
              const { x, bottom } = event.currentTarget.getBoundingClientRect();
              setFolderMenu({ x, y: bottom });
            }}
          >
            <Icon of={Ellipsis} size={16} />
          </button>
        )}
      </div>
      <MemoryNotice session={session} />
      <RecoveryNotice session={session} />
      <div className="scroll" ref={scroller}>
        {conversations === null && <Skeleton />}
        {requests > 0 && filter === "all" && typed.trim() === "" && (
          <div className="rows">
            <button
              type="button"
              className="conv-row ask-row"
              onClick={() => props.onFilter("requests")}
              data-testid="requests"
            >
              <span className="round-ic">
                <Icon of={UserRoundPlus} size={19} />
              </span>
              <span className="grow s14">
                {requests === 1 ? m.list_requests_one() : m.list_requests_waiting({ count: requests })}
              </span>
            </button>
          </div>
        )}
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
                {m.list_start()} <b className="w6">@{username}</b>
              </span>
            </button>
          </div>
        )}
        {conversations?.length === 0 && typed.trim() === "" && <p className="s14 t2 list-note">{m.list_appear()}</p>}
        {conversations !== null &&
          conversations.length > 0 &&
          shown.length === 0 &&
          !(startable && typed.trim() !== "") && <Nothing typed={typed} filter={filter} />}
      </div>
      {folderMenu !== null && inFolder !== undefined && (
        <FolderMenu
          folder={inFolder}
          place={folderMenu}
          onClose={() => setFolderMenu(null)}
          onGone={() => props.onFilter("all")}
        />
      )}
      {verifying !== null && <Verify account={verifying} onClose={() => setVerifying(null)} />}
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
          aria-label={m.list_settings()}
          title={m.list_settings()}
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

function nothingIn(filter: ConversationFilter): string {
  if (filter.startsWith("folder:")) return m.list_folder_none();
  if (filter === "archived") return m.list_none_archived();
  if (filter === "favourites") return m.list_none_favourites();
  return filter === "unread" ? m.list_none_unread() : m.list_none();
}

function Nothing({ typed, filter }: { typed: string; filter: ConversationFilter }) {
  const searched = typed.trim();
  return (
    <div className="list-nothing">
      <span className="t3">
        <Icon of={Search} />
      </span>
      <p className="s15 w6">{searched === "" ? nothingIn(filter) : m.list_no_match({ typed: searched })}</p>
      {searched !== "" && <p className="s14 t2">{m.list_exact()}</p>}
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
