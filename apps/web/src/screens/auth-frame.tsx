import type { ReactNode } from "react";
import { inspectPlatform } from "@sotto/platform-web";
import { m } from "@sotto/views/messages";
import { rich } from "../parts/rich.tsx";
import { Brand } from "../parts/brand.tsx";
import { Seal } from "../parts/seal.tsx";

// A seal of nobody: drawn in grey beside the form.
const BLANK = {
  id: Uint8Array.of(0, 6),
  key: Uint8Array.of(2, 0, 60, 90, 90, 200, 0, 0, 220, 60, 40, 160, 0, 1, 200, 90, 10, 30),
};

/** What both ways in have around them. */
export function AuthFrame({ children, onSubmit }: { children: ReactNode; onSubmit: () => void }) {
  return (
    <div className="auth">
      <header className="auth-side">
        <Brand size={28} />
        <figure className="side-seal" aria-hidden="true">
          <div className="blank">
            <Seal material={BLANK} detail="full" />
          </div>
        </figure>
        <div className="auth-words">
          <p>{m.auth_motto()}</p>
          <p className="s15 t2">{m.auth_promise()}</p>
        </div>
      </header>
      <main className="auth-main">
        <form
          className="auth-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          <Brand />
          {children}
          {!inspectPlatform().opfs && <MemoryOnly />}
        </form>
      </main>
    </div>
  );
}

function MemoryOnly() {
  return (
    <p className="note auth-note" data-testid="memory-only">
      <span>{rich(m.auth_memory, { what: <b>{m.auth_memory_what()}</b> })}</span>
    </p>
  );
}
