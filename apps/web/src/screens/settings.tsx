import { useState } from "react";
import type { ReactNode } from "react";
import { ChevronLeft, KeyRound, LogOut, Palette, UserRound } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { nameOf } from "@sotto/views";
import { PersonAvatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/lazy.tsx";
import { PersonFacts } from "../parts/person-facts.tsx";
import { Seal } from "../parts/seal.tsx";
import { useEngine, usePerson } from "../state/live.ts";
import { useNarrow } from "../state/narrow.ts";
import { go } from "../state/route.ts";
import type { SettingsPage } from "../state/route.ts";
import { selfOf } from "../state/self.ts";
import { changeSettings, useSettings } from "../state/settings.ts";
import type { Settings as Chosen } from "../state/settings.ts";
import type { SignedIn } from "./shell.tsx";

const Ask = later(() => import("../parts/ask.tsx"));

const PAGES: { page: Exclude<SettingsPage, "menu">; name: string; icon: LucideIcon }[] = [
  { page: "appearance", name: "Appearance and writing", icon: Palette },
  { page: "account", name: "Account and devices", icon: UserRound },
  { page: "recovery", name: "Recovery key", icon: KeyRound },
];

export default function Settings({ session, page }: { session: SignedIn; page: SettingsPage }) {
  const engine = useEngine();
  const [asked, setAsked] = useState(false);
  const menuAlone = useNarrow() && page === "menu";
  const shown = page === "menu" ? "appearance" : page;
  const current = PAGES.find((one) => one.page === shown);
  return (
    <div className={`app ${page === "menu" ? "show-list" : ""}`} role={menuAlone ? "main" : undefined}>
      <nav className="pane list" aria-label="Settings">
        <div className="list-h with-back">
          <button
            type="button"
            className="ib"
            aria-label="Back to conversations"
            title="Back to conversations"
            onClick={() => go({ kind: "list" })}
          >
            <Icon of={ChevronLeft} size={22} />
          </button>
          <h1 className="grow">Settings</h1>
        </div>
        <div className="set-me">
          <PersonAvatar person={selfOf(session)} size={52} />
          <div className="grow">
            <div className="w6 s15 trunc">
              <bdi>{nameOf(selfOf(session))}</bdi>
            </div>
            <div className="s13 t2 trunc">
              @{session.username} on {window.location.host}
            </div>
          </div>
        </div>
        <ul className="rows set-rows">
          {PAGES.map((one) => (
            <li key={one.page}>
              <button
                type="button"
                className={`conv-row set-row ${one.page === shown ? "on" : ""}`}
                aria-current={one.page === shown ? "page" : undefined}
                onClick={() => go({ kind: "settings", page: one.page })}
              >
                <Icon of={one.icon} size={19} />
                <span className={`s15 ${one.page === shown ? "w6" : ""}`}>{one.name}</span>
              </button>
            </li>
          ))}
        </ul>
        <div className="set-foot">
          <button type="button" className="conv-row set-row danger" onClick={() => setAsked(true)}>
            <Icon of={LogOut} size={19} />
            <span className="s15">Sign out of this device</span>
          </button>
        </div>
      </nav>
      {!menuAlone && (
        <main className="pane on-surface">
          <header className="conv-h only-m">
            <button
              type="button"
              className="ib"
              aria-label="Back"
              onClick={() => go({ kind: "settings", page: "menu" })}
            >
              <Icon of={ChevronLeft} size={24} />
            </button>
            <h1>{current?.name}</h1>
          </header>
          <div className="scroll" tabIndex={0} role="region" aria-label={current?.name ?? "Settings"}>
            <div className="page">
              <h1 className="not-m">{current?.name}</h1>
              {shown === "appearance" && <Appearance />}
              {shown === "account" && <Account session={session} />}
              {shown === "recovery" && <Recovery session={session} />}
            </div>
          </div>
        </main>
      )}
      {asked && (
        <Ask
          title="Sign out of this device?"
          text="Messages and keys on this device are erased. Your other devices stay signed in. When you sign in again, what was written before cannot be shown here until recovery is set up."
          verb="Sign out"
          danger
          act={async () => {
            await engine.signOut();
            go({ kind: "list" });
          }}
          onClose={() => setAsked(false)}
        />
      )}
    </div>
  );
}

const THEMES: { theme: Chosen["theme"]; name: string }[] = [
  { theme: "system", name: "System" },
  { theme: "light", name: "Light" },
  { theme: "dark", name: "Dark" },
];
const SIZES: { text: Chosen["text"]; name: string }[] = [
  { text: "small", name: "Small" },
  { text: "normal", name: "Normal" },
  { text: "large", name: "Large" },
  { text: "larger", name: "Larger" },
];

function Half({ theme, three = false }: { theme: "light" | "dark"; three?: boolean }) {
  return (
    <span data-theme={theme} className="half">
      <i className="in" />
      <i className="out" />
      {three && <i className="in b2" />}
    </span>
  );
}

function Row({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  return (
    <div className="li">
      <div className="grow">
        <div className="ti">{title}</div>
        <div className="de">{note}</div>
      </div>
      <div className="end">{children}</div>
    </div>
  );
}

function Switch({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <button
      type="button"
      className="sw"
      role="switch"
      aria-checked={on}
      aria-label={label}
      onClick={() => onChange(!on)}
    />
  );
}

function Appearance() {
  const settings = useSettings();
  return (
    <>
      <section className="group g0">
        <h2>Theme</h2>
        <div className="thumbs" role="radiogroup" aria-label="Theme">
          {THEMES.map(({ theme, name }) => (
            <button
              key={theme}
              type="button"
              className="thumb"
              role="radio"
              aria-checked={settings.theme === theme}
              onClick={() => changeSettings({ theme })}
            >
              <span className={`tv ${theme}`}>
                {theme === "system" ? (
                  <>
                    <Half theme="light" />
                    <Half theme="dark" />
                  </>
                ) : (
                  <Half theme={theme} three />
                )}
              </span>
              <span className={`row s14 ${settings.theme === theme ? "w6" : ""}`}>
                <span className="radio" />
                {name}
              </span>
            </button>
          ))}
        </div>
      </section>
      <section className="group">
        <h2>Reading</h2>
        <div className="card">
          <Row title="Text size" note="Messages and lists">
            <div className="seg" role="radiogroup" aria-label="Text size">
              {SIZES.map(({ text, name }, at) => (
                <button
                  key={text}
                  type="button"
                  role="radio"
                  className={`a${at + 1}`}
                  aria-checked={settings.text === text}
                  aria-label={name}
                  onClick={() => changeSettings({ text })}
                >
                  A
                </button>
              ))}
            </div>
          </Row>
          <Row title="Reduce motion" note="Follows your system until you change it">
            <Switch
              label="Reduce motion"
              on={settings.motion === "less"}
              onChange={(on) => changeSettings({ motion: on ? "less" : "system" })}
            />
          </Row>
        </div>
      </section>
      <section className="group">
        <h2>Writing</h2>
        <div className="card">
          <Row title="Enter sends the message" note="When off, Enter starts a new line and Ctrl Enter sends">
            <Switch
              label="Enter sends the message"
              on={settings.enterSends}
              onChange={(enterSends) => changeSettings({ enterSends })}
            />
          </Row>
        </div>
      </section>
    </>
  );
}

function Account({ session }: { session: SignedIn }) {
  const loaded = usePerson(session.account);
  return (
    <>
      <div className="gi-hero group g0">
        <Seal material={session.seal} detail="full" size={128} label="Your seal" />
        <div className="grow">
          <h2 className="hero-name">
            <bdi>{nameOf(selfOf(session))}</bdi>
          </h2>
          <p className="lead">@{session.username}</p>
          <p className="s14 t2">Your seal is drawn from your keys. It helps others recognise you. It is not proof.</p>
        </div>
      </div>
      <div className="group card facts">
        {loaded.kind === "ready" && <PersonFacts person={loaded.value} ownDevice={session.device} />}
      </div>
    </>
  );
}

function Recovery({ session }: { session: SignedIn }) {
  return (
    <>
      <p className="lead">
        A recovery key opens your account when every device is lost. It was made on this device when you signed up, and
        is kept sealed in your vault.
      </p>
      <section className="group">
        <div className="card">
          <Row
            title={session.recoveryKeyUnsaved ? "Not saved yet" : "Saved"}
            note={
              session.recoveryKeyUnsaved
                ? "Showing and saving it comes with a later version. Until then, remember your password: nobody can reset it."
                : "You confirmed that you keep it somewhere safe."
            }
          >
            <Icon of={KeyRound} />
          </Row>
        </div>
      </section>
    </>
  );
}
