import { useState } from "react";
import {
  ChevronLeft,
  CircleHelp,
  EyeOff,
  HardDrive,
  KeyRound,
  LogOut,
  MonitorSmartphone,
  Palette,
  ShieldCheck,
  UserRound,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { nameOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { PersonAvatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/lazy.tsx";
import { useEngine } from "../state/live.ts";
import { useNarrow } from "../state/narrow.ts";
import { go } from "../state/route.ts";
import type { SettingsPage } from "../state/route.ts";
import { selfOf } from "../state/self.ts";
import type { SignedIn } from "./shell.tsx";

const Ask = later(() => import("../parts/ask.tsx"));
const Appearance = later(() => import("./settings/appearance.tsx"));
const Account = later(() => import("./settings/account.tsx"));
const About = later(() => import("./settings/about.tsx"));
const Privacy = later(() => import("./settings/privacy.tsx"));
const Profile = later(() => import("./settings/profile.tsx"));
const Devices = later(() => import("./settings/devices.tsx"));
const Recovery = later(() => import("./settings/recovery.tsx"));
const YourData = later(() => import("./settings/your-data.tsx"));

const PAGES: { page: Exclude<SettingsPage, "menu">; name: () => string; icon: LucideIcon }[] = [
  { page: "profile", name: m.settings_profile, icon: UserRound },
  { page: "appearance", name: m.settings_appearance, icon: Palette },
  { page: "privacy", name: m.settings_privacy, icon: EyeOff },
  { page: "account", name: m.settings_account, icon: ShieldCheck },
  { page: "devices", name: m.settings_devices, icon: MonitorSmartphone },
  { page: "recovery", name: m.settings_recovery, icon: KeyRound },
  { page: "data", name: m.settings_data, icon: HardDrive },
  { page: "about", name: m.settings_about, icon: CircleHelp },
];

export default function Settings({ session, page }: { session: SignedIn; page: SettingsPage }) {
  const engine = useEngine();
  const [asked, setAsked] = useState(false);
  const menuAlone = useNarrow() && page === "menu";
  const shown = page === "menu" ? "appearance" : page;
  const current = PAGES.find((one) => one.page === shown);
  return (
    <div className={`app ${page === "menu" ? "show-list" : ""}`} role={menuAlone ? "main" : undefined}>
      <nav className="pane list" aria-label={m.settings_title()}>
        <div className="list-h with-back">
          <button
            type="button"
            className="ib"
            aria-label={m.settings_back()}
            title={m.settings_back()}
            onClick={() => go({ kind: "list" })}
          >
            <Icon of={ChevronLeft} size={22} />
          </button>
          <h1 className="grow">{m.settings_title()}</h1>
        </div>
        <div className="set-me">
          <PersonAvatar person={selfOf(session)} size={52} />
          <div className="grow">
            <div className="w6 s15 trunc">
              <bdi>{nameOf(selfOf(session))}</bdi>
            </div>
            <div className="s13 t2 trunc">
              {m.settings_whose({ username: session.username, host: window.location.host })}
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
                <span className={`s15 ${one.page === shown ? "w6" : ""}`}>{one.name()}</span>
              </button>
            </li>
          ))}
        </ul>
        <div className="set-foot">
          <button type="button" className="conv-row set-row danger" onClick={() => setAsked(true)}>
            <Icon of={LogOut} size={19} />
            <span className="s15">{m.settings_sign_out()}</span>
          </button>
        </div>
      </nav>
      {!menuAlone && (
        <main className="pane on-surface">
          <header className="conv-h only-m">
            <button
              type="button"
              className="ib"
              aria-label={m.common_back()}
              onClick={() => go({ kind: "settings", page: "menu" })}
            >
              <Icon of={ChevronLeft} size={24} />
            </button>
            <h1>{current?.name()}</h1>
          </header>
          <div className="scroll" tabIndex={0} role="region" aria-label={current?.name() ?? m.settings_title()}>
            <div className="page">
              <h1 className="not-m">{current?.name()}</h1>
              {shown === "profile" && <Profile session={session} />}
              {shown === "appearance" && <Appearance />}
              {shown === "privacy" && <Privacy />}
              {shown === "about" && <About />}
              {shown === "account" && <Account session={session} />}
              {shown === "devices" && <Devices />}
              {shown === "recovery" && <Recovery session={session} />}
              {shown === "data" && <YourData session={session} />}
            </div>
          </div>
        </main>
      )}
      {asked && (
        <Ask
          title={m.settings_sign_out_title()}
          text={[
            m.settings_sign_out_text(),
            ...(session.recoveryKeyUnsaved ? [m.settings_sign_out_unsaved()] : []),
          ].join(" ")}
          verb={m.settings_sign_out_verb()}
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
