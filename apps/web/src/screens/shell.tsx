import { useCallback, useEffect, useMemo, useState } from "react";
import type { ConversationSummary, Session } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { closedBecause, titleOf, windowTitle } from "@sotto/views";
import type { ConversationFilter } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { later } from "../parts/lazy.tsx";
import { NoticeStrip } from "../parts/notice-strip.tsx";
import { herePlace, useLasting, useNow } from "../state/clock.ts";
import { rowsOf } from "../state/conversation-rows.ts";
import { useConversations } from "../state/live.ts";
import { useNarrow, useTight } from "../state/narrow.ts";
import { valueOf } from "../state/query.ts";
import { go, open, replace, useRoute } from "../state/route.ts";
import { changeSettings, useSettings } from "../state/settings.ts";
import { useShortcuts } from "../state/shortcuts.ts";
import type { Route } from "../state/route.ts";
import { Conversation } from "./conversation.tsx";
import { Empty } from "./empty.tsx";
import { ListPane } from "./list-pane.tsx";

const loadCommands = () => import("./commands.tsx");
const Commands = later(loadCommands);
const Keys = later(() => import("../dialogs/keys.tsx"));
const NewMessage = later(() => import("../dialogs/new-message.tsx"));
const Settings = later(() => import("./settings.tsx"));
const Details = later(() => import("./details.tsx"));
const Join = later(() => import("./join.tsx"));
const Saved = later(() => import("./saved.tsx"));
const Thread = later(() => import("./thread.tsx"));

export type SignedIn = Extract<Session, { kind: "signed-in" }>;

/** Long enough that what is needed to read comes first. */
const COMMANDS_AFTER_MS = 2_000;

/** From this width on details stand beside the conversation. */
const WIDE = "(min-width: 1024px)";

/** A conversation that was left or never existed here has nothing to show. */
function useKnownRoute(route: Route, conversations: ConversationSummary[] | null): void {
  const gone =
    route.kind === "conversation" &&
    conversations !== null &&
    !conversations.some(({ conversation }) => conversation === route.conversation);
  // One that was only just made may reach the list a moment after the address.
  const lasting = useLasting(gone, 3_000);
  useEffect(() => {
    if (lasting) replace({ kind: "list" });
  }, [lasting]);
}

export function Shell({ session, fresh }: { session: SignedIn; fresh: boolean }) {
  const route = useRoute();
  const loaded = useConversations();
  const conversations = valueOf(loaded, null);
  const now = useNow();
  const [chosenFilter, setFilter] = useState<ConversationFilter>("all");
  const [typed, setTyped] = useState("");
  const [making, setMaking] = useState<{ username: string } | null>(null);
  const opened = route.kind === "conversation" ? route.conversation : null;
  const panel = route.kind === "conversation" ? route.panel : null;
  // On a phone the list has the page to itself, so it is the page's main part.
  const narrow = useNarrow();
  // Once the last of them is decided about there is nothing to be among.
  const isOverWithRequests = chosenFilter === "requests" && conversations?.some(({ request }) => request) === false;
  const filter = isOverWithRequests ? "all" : chosenFilter;
  const none = conversations?.length === 0;
  const isAside = route.kind === "saved" || route.kind === "join";
  const listAlone = narrow && opened === null && !none && !isAside;
  const summary = conversations?.find(({ conversation }) => conversation === opened);
  const rows = useMemo(
    () => rowsOf(valueOf(loaded, []), { now, place: herePlace(), open: opened }),
    [loaded, now, opened],
  );
  const makeNew = useCallback(() => setMaking({ username: "" }), [setMaking]);
  const find = useCallback(() => {
    const field = document.getElementById("find");
    if (field !== null && field.offsetParent !== null) return field.focus();
    // Folded beside the details, or behind the conversation on a phone.
    if (opened !== null && !narrow) open(opened);
    else go({ kind: "list" });
    requestAnimationFrame(() => document.getElementById("find")?.focus());
  }, [opened, narrow]);
  const settings = useSettings();
  const [shown, setShown] = useState<"commands" | "keys" | null>(null);
  const panelKind = panel?.kind ?? null;
  const { folded } = settings;
  const isTight = useTight();
  const isFolded = folded || (panel !== null && isTight);
  useShortcuts({
    palette: () => setShown("commands"),
    newMessage: makeNew,
    settings: () => go({ kind: "settings", page: narrow ? "menu" : "appearance" }),
    keys: () => setShown("keys"),
    fold: () => changeSettings({ folded: !folded }),
    details: opened === null ? undefined : () => open(opened, panelKind === "details" ? null : { kind: "details" }),
    open: (conversation) => open(conversation),
    rows,
    opened,
  });
  // Whoever presses its keys types on at once.
  useEffect(() => {
    const timer = setTimeout(() => void loadCommands().catch(() => undefined), COMMANDS_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  useKnownRoute(route, conversations);
  const title = windowTitle(conversations ?? [], summary === undefined ? null : titleOf(summary));
  useEffect(() => {
    document.title = title;
  }, [title]);

  // Where one can't write there is no composer to skip to.
  const goal =
    summary === undefined
      ? { id: "find", words: m.list_skip_search() }
      : closedBecause(summary.state) === null
        ? { id: "composer", words: m.list_skip_composer() }
        : { id: "log", words: m.list_skip_messages() };

  const select = (conversation: ConversationId) => {
    // Beside the conversation details follow it; over it they would hide what was asked for.
    const keep = panel?.kind === "details" && window.matchMedia(WIDE).matches;
    open(conversation, keep ? panel : null);
  };

  const overlays = (
    <>
      {shown === "commands" && (
        <Commands
          conversations={conversations ?? []}
          opened={summary}
          onNew={makeNew}
          onKeys={() => setShown("keys")}
          onOpen={select}
          onClose={() => setShown(null)}
        />
      )}
      {shown === "keys" && <Keys onClose={() => setShown(null)} />}
    </>
  );
  if (route.kind === "settings")
    return (
      <>
        <NoticeStrip session={session} />
        <Settings session={session} page={route.page} />
        {overlays}
      </>
    );
  return (
    <>
      <NoticeStrip session={session} />
      <a className="skip" href={`#${goal.id}`} onClick={skip}>
        {goal.words}
      </a>
      <div
        className={`app ${panel === null ? "" : "three"} ${isFolded ? "folded" : ""} ${opened === null && !none && !isAside ? "show-list" : ""}`}
        role={listAlone ? "main" : undefined}
      >
        <ListPane
          session={session}
          conversations={conversations}
          rows={rows}
          opened={opened}
          filter={filter}
          onFilter={setFilter}
          typed={typed}
          onTyped={setTyped}
          onSelect={select}
          onFind={find}
          onNew={(username) => setMaking({ username })}
          onPalette={() => setShown("commands")}
        />
        {opened !== null && summary !== undefined ? (
          <Conversation key={opened} summary={summary} connection={session.connection} panel={panel} />
        ) : route.kind === "saved" ? (
          <Saved conversations={conversations ?? []} />
        ) : route.kind === "join" ? (
          <Join key={route.invite} invite={route.invite} />
        ) : (
          !listAlone && (
            <Empty session={session} none={none} loading={conversations === null} fresh={fresh} onNew={makeNew} />
          )
        )}
        {opened !== null && summary !== undefined && panel?.kind === "thread" && (
          <Thread key={`${opened} ${panel.post}`} summary={summary} connection={session.connection} post={panel.post} />
        )}
        {opened !== null && summary !== undefined && panel !== null && panel.kind !== "thread" && (
          <Details key={`${opened} ${panel.kind}`} conversation={opened} panel={panel} />
        )}
      </div>
      {overlays}
      {making !== null && (
        <NewMessage
          conversations={conversations ?? []}
          username={making.username}
          onClose={() => setMaking(null)}
          onOpen={(conversation: ConversationId) => {
            setMaking(null);
            setTyped("");
            open(conversation);
          }}
        />
      )}
    </>
  );
}

function skip(event: React.MouseEvent<HTMLAnchorElement>): void {
  // The fragment is ours: a link into the page would be read as a place in the app.
  event.preventDefault();
  document.getElementById(event.currentTarget.hash.slice(1))?.focus();
}
