import { StrictMode } from "react";
import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import type { Engine } from "@sotto/engine";
import { asFailure } from "@sotto/views";
import { App } from "./app.tsx";
import { InsecureContext, Stopped } from "./screens/whole.tsx";
import { Live, LiveContext } from "./state/live.ts";
import { applySettings } from "./state/settings.ts";

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

export function showStopped(thrown: unknown): void {
  show(<Stopped failure={asFailure(thrown)} />);
}
