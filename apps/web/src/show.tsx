import { StrictMode } from "react";
import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import type { Engine, Failure } from "@sotto/engine";
import { App } from "./app.tsx";
import { InsecureContext, Stopped } from "./screens/whole.tsx";
import { Live, LiveContext } from "./state/live.ts";
import { applySettings } from "./state/settings.ts";
import "./styles/index.css";

function show(screen: ReactNode): void {
  applySettings();
  const root = document.getElementById("root");
  if (root === null) throw new Error("index.html has no #root");
  createRoot(root).render(<StrictMode>{screen}</StrictMode>);
}

export function showApp(engine: Engine): void {
  const live = new Live(engine);
  window.addEventListener("online", () => engine.wake());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && engine.wake());
  show(
    <LiveContext value={live}>
      <App />
    </LiveContext>,
  );
}

export function showInsecureContext(): void {
  show(<InsecureContext />);
}

export function showStopped(failure: Failure): void {
  show(<Stopped failure={failure} />);
}
