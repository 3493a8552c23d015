import type { Engine, HandsOver, Session } from "@sotto/engine";
import { SottoError } from "@sotto/protocol";
import { EXIT, Interrupted, Stop } from "./exit.ts";
import type { Home } from "./home.ts";
import { lookOf, writeLine, type Io, type Look } from "./io.ts";

/** A run of the program on one device: what every command is given. */
export type Run = {
  engine: Engine;
  home: Home;
  io: Io;
  look: Look;
  /** One line to stdout: what the command was asked for, and nothing else. */
  print(line: string): Promise<void>;
  /** One line to stderr. */
  note(line: string): Promise<void>;
};

export type SignedIn = Extract<Session, { kind: "signed-in" }>;

export type OpenEngine = (home: Home) => Promise<Engine & Partial<HandsOver>>;

/** The engine on this machine's own ports. Loaded only by commands that need it. */
export const openEngine: OpenEngine = async (home) => {
  const [{ createEngine }, { nodePorts }] = await Promise.all([
    import("@sotto/engine"),
    import("@sotto/platform-node"),
  ]);
  return createEngine(
    await nodePorts({ state: { directory: home.directory }, origin: home.origin, deviceKind: "terminal" }),
  );
};

/** Opens the engine, does the work and closes it whatever happens. Ctrl C ends the work at its next wait. */
export async function withEngine<T>(io: Io, home: Home, open: OpenEngine, work: (run: Run) => Promise<T>): Promise<T> {
  const engine = await open(home);
  const run: Run = {
    engine,
    home,
    io,
    look: lookOf(io),
    print: (line) => writeLine(io.stdout, line),
    note: (line) => writeLine(io.stderr, line),
  };
  try {
    return await orInterrupted(io.interrupted, work(run));
  } finally {
    // A command ends before what goes out a moment later has gone: read positions, names, trust, the keys of its own posts.
    await Promise.race([engine.handOver?.(), wait(io.interrupted.aborted ? HAND_OVER_INTERRUPTED_MS : HAND_OVER_MS)]);
    await engine.close();
  }
}

const HAND_OVER_MS = 3_000;
const HAND_OVER_INTERRUPTED_MS = 500;

/** A timer that keeps no process alive. */
function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** @throws Interrupted as soon as the signal is aborted, whatever the work is waiting for. */
export async function orInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(new Interrupted());
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** @throws Stop when nobody is signed in, or the device's data can't be read */
export async function signedIn({ engine, home }: Pick<Run, "engine" | "home">): Promise<SignedIn> {
  const session = await engine.session();
  switch (session.kind) {
    case "signed-in":
      return session;
    case "damaged":
      throw new Stop(
        EXIT.failed,
        `What Sotto keeps in ${home.directory} can't be read any more. Nothing on the server is lost.`,
        ["erase it and start over:  sotto sign-out", "then sign in again:       sotto sign-in"],
      );
    case "starting":
    case "signed-out":
      throw new Stop(EXIT.failed, "Nobody is signed in here.", [
        "new on this server:  sotto sign-up <username>",
        "with an account:     sotto sign-in <username>",
      ]);
  }
}

/**
 * Waits until something is so, asking again after every change that the engine reports.
 * @returns false when it isn't so after `timeoutMs`
 */
export async function until(engine: Engine, timeoutMs: number, isSo: () => Promise<boolean>): Promise<boolean> {
  let wake = (): void => undefined;
  let changed = true;
  const stop = engine.subscribe(() => {
    changed = true;
    wake();
  });
  let isLate = false;
  const timer = Number.isFinite(timeoutMs)
    ? setTimeout(() => {
        isLate = true;
        wake();
      }, timeoutMs)
    : undefined;
  try {
    for (;;) {
      changed = false;
      if (await isSo()) return true;
      if (isLate) return false;
      // A change that came while we asked is not waited for a second time.
      if (!changed) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    clearTimeout(timer);
    stop();
  }
}

/** How long a command waits for the server before it goes on without. */
export const CONNECT_TIMEOUT_MS = 5_000;

/**
 * @returns false when the server can't be reached in time
 * @throws SottoError when the server doesn't let this device in any more
 */
export function whenOnline(engine: Engine, timeoutMs = CONNECT_TIMEOUT_MS): Promise<boolean> {
  return until(engine, timeoutMs, async () => {
    const session = await engine.session();
    refuseRefused(session);
    return isOnline(session);
  });
}

/** @throws SottoError when the server doesn't let this device in any more: waiting would be in vain */
export function refuseRefused(session: Session): void {
  if (session.kind === "signed-in" && session.refusedBecause !== null) throw new SottoError(session.refusedBecause, "");
}

/** Rejects when the server doesn't let this device in any more, and never settles otherwise. */
export async function refusal(engine: Engine): Promise<never> {
  return until(engine, Infinity, async () => {
    refuseRefused(await engine.session());
    return false;
  }) as Promise<never>;
}

export function isOnline(session: Session): boolean {
  return session.kind === "signed-in" && session.connection === "online";
}

const CATCH_UP_TIMEOUT_MS = 30_000;

/**
 * Waits until this device knows what happened while it was away.
 * @returns false when the server can't be reached; then what is known is as old as the last time
 */
export async function caughtUp({ engine }: Pick<Run, "engine">, timeoutMs = CONNECT_TIMEOUT_MS): Promise<boolean> {
  if (!(await whenOnline(engine, timeoutMs))) return false;
  return until(engine, CATCH_UP_TIMEOUT_MS, async () => {
    const session = await engine.session();
    return session.kind === "signed-in" && session.caughtUp;
  });
}
