import { useEffect, useRef } from "react";
import { m } from "@sotto/views/messages";
import { LANGUAGE_NAMES, LANGUAGES } from "../../state/language.ts";
import type { Language } from "../../state/language.ts";
import { changeSettings, useSettings } from "../../state/settings.ts";
import type { Settings as Chosen } from "../../state/settings.ts";
import { Row, Segments, Switch } from "./rows.tsx";

const THEMES: { theme: Chosen["theme"]; name: () => string }[] = [
  { theme: "system", name: m.settings_theme_system },
  { theme: "light", name: m.settings_theme_light },
  { theme: "dark", name: m.settings_theme_dark },
];
const SIZES: { text: Chosen["text"]; name: () => string }[] = [
  { text: "small", name: m.settings_text_small },
  { text: "normal", name: m.settings_text_normal },
  { text: "large", name: m.settings_text_large },
  { text: "larger", name: m.settings_text_larger },
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

// Another language makes the page anew, and the keyboard would start again at its top.
let isChoosing = false;

function LanguageChoice({ chosen }: { chosen: Language }) {
  const own = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isChoosing) own.current?.focus();
    isChoosing = false;
  }, []);
  return (
    <div className="seg languages" role="radiogroup" aria-label={m.settings_language()}>
      {LANGUAGES.map((language) => (
        <button
          key={language}
          ref={language === chosen ? own : undefined}
          type="button"
          role="radio"
          lang={language === "system" ? undefined : language}
          aria-checked={language === chosen}
          onClick={() => {
            isChoosing = true;
            changeSettings({ language });
          }}
        >
          {language === "system" ? m.settings_language_system() : LANGUAGE_NAMES[language]}
        </button>
      ))}
    </div>
  );
}

export default function Appearance() {
  const settings = useSettings();
  return (
    <>
      <section className="group g0">
        <h2>{m.settings_theme()}</h2>
        <div className="thumbs" role="radiogroup" aria-label={m.settings_theme()}>
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
                {name()}
              </span>
            </button>
          ))}
        </div>
      </section>
      <section className="group">
        <h2>{m.settings_reading()}</h2>
        <div className="card">
          <Row title={m.settings_text_size()} note={m.settings_text_size_note()}>
            <div className="seg" role="radiogroup" aria-label={m.settings_text_size()}>
              {SIZES.map(({ text, name }, at) => (
                <button
                  key={text}
                  type="button"
                  role="radio"
                  className={`a${at + 1}`}
                  aria-checked={settings.text === text}
                  aria-label={name()}
                  onClick={() => changeSettings({ text })}
                >
                  A
                </button>
              ))}
            </div>
          </Row>
          <Row title={m.settings_density()} note={m.settings_density_note()}>
            <Segments
              label={m.settings_density()}
              value={settings.density}
              choices={[
                { value: "comfortable", name: m.settings_density_comfortable() },
                { value: "compact", name: m.settings_density_compact() },
              ]}
              onChoose={(density) => changeSettings({ density })}
            />
          </Row>
          <Row title={m.settings_layout()} note={m.settings_layout_note()}>
            <Segments
              label={m.settings_layout()}
              value={settings.layout}
              choices={[
                { value: "bubbles", name: m.settings_layout_bubbles() },
                { value: "lines", name: m.settings_layout_lines() },
              ]}
              onChoose={(layout) => changeSettings({ layout })}
            />
          </Row>
          <Row title={m.settings_motion()} note={m.settings_motion_note()}>
            <Switch
              label={m.settings_motion()}
              on={settings.motion === "less"}
              onChange={(on) => changeSettings({ motion: on ? "less" : "system" })}
            />
          </Row>
        </div>
      </section>
      <section className="group">
        <h2>{m.settings_language()}</h2>
        <div className="card">
          <Row title={m.settings_language()} note={m.settings_language_note()}>
            <LanguageChoice chosen={settings.language} />
          </Row>
        </div>
      </section>
      <section className="group">
        <h2>{m.settings_writing()}</h2>
        <div className="card">
          <Row title={m.settings_enter()} note={m.settings_enter_note()}>
            <Switch
              label={m.settings_enter()}
              on={settings.enterSends}
              onChange={(enterSends) => changeSettings({ enterSends })}
            />
          </Row>
        </div>
      </section>
    </>
  );
}
