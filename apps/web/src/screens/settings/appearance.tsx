import { changeSettings, useSettings } from "../../state/settings.ts";
import type { Settings as Chosen } from "../../state/settings.ts";
import { Row, Switch } from "./rows.tsx";

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

export default function Appearance() {
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
