import { useEffect, useRef, useState } from "react";
import { FileArchive, Folder } from "lucide-react";
import { asFailure, countOf, failureSentence } from "@sotto/views";
import { Icon } from "../../parts/icon.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import { herePlace } from "../../state/clock.ts";
import { exportAccount } from "../../state/export-account.ts";
import type { ExportProgress, ExportSink } from "../../state/export-account.ts";
import { foldersHere, folderSink, zipSink } from "../../state/export-sinks.ts";
import { useEngine } from "../../state/live.ts";
import type { SignedIn } from "../shell.tsx";

type Step =
  | { kind: "asking" }
  | { kind: "running"; progress: ExportProgress | null }
  | { kind: "done"; partial: number; count: number }
  | { kind: "failed"; sentence: string };

/** Resolves after that time, rejects as soon as the work is cancelled. */
function pauseUnless(signal: AbortSignal): (ms: number) => Promise<void> {
  return (ms) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(new DOMException("", "AbortError"));
      });
    });
}

function isCancelled(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === "AbortError";
}

/** Everything that this account can read, as files: made on this device, with what is missing fetched first. */
export default function ExportDialog({ session, onClose }: { session: SignedIn; onClose: () => void }) {
  const engine = useEngine();
  const [step, setStep] = useState<Step>({ kind: "asking" });
  const work = useRef<AbortController | null>(null);
  useEffect(() => () => work.current?.abort(), []);

  const run = async (open: (name: string) => ExportSink | Promise<ExportSink>) => {
    const controller = new AbortController();
    work.current = controller;
    const { signal } = controller;
    let count = 0;
    try {
      const sink = await open(`sotto-${session.username}-${new Date().toISOString().slice(0, 10)}`);
      setStep({ kind: "running", progress: null });
      const partial = await exportAccount(engine, sink, {
        session,
        server: window.location.origin,
        place: herePlace(),
        signal,
        pause: pauseUnless(signal),
        onProgress: (progress) => {
          count = progress.of;
          setStep({ kind: "running", progress });
        },
      });
      setStep({ kind: "done", partial, count });
    } catch (thrown) {
      setStep(
        isCancelled(thrown) ? { kind: "asking" } : { kind: "failed", sentence: failureSentence(asFailure(thrown)) },
      );
    }
  };
  const close = () => {
    work.current?.abort();
    onClose();
  };

  return (
    <Sheet title="Export my data" onClose={close} width="w460">
      {step.kind === "asking" && (
        <div className="dlg-b fields">
          <p className="s15 t2">
            Every conversation back to its beginning, as pages to read and as data for programs. The files are not
            sealed: whoever has them can read them.
          </p>
          <div className="choices">
            <button type="button" className="btn quiet lg wide" onClick={() => void run(zipSink)}>
              <Icon of={FileArchive} size={19} />
              Save as one file (.zip)
            </button>
            {foldersHere() && (
              <button type="button" className="btn quiet lg wide" onClick={() => void run(folderSink)}>
                <Icon of={Folder} size={19} />
                Save as a folder
              </button>
            )}
          </div>
        </div>
      )}
      {step.kind === "running" && (
        <>
          <div className="dlg-b" data-testid="export-progress">
            <progress
              aria-label="Export"
              max={step.progress?.of ?? 1}
              {...(step.progress === null ? {} : { value: step.progress.done })}
            />
            <p className="s15 trunc">
              {step.progress === null ? "Looking what there is…" : <bdi>{step.progress.title}</bdi>}
            </p>
            <p className="s14 t2">
              {step.progress !== null &&
                `${step.progress.done + 1} of ${countOf(step.progress.of, "conversation", "conversations")}, ${countOf(step.progress.items, "message", "messages")} here`}
            </p>
          </div>
          <div className="dlg-f end">
            <button type="button" className="btn quiet" onClick={() => work.current?.abort()}>
              Stop
            </button>
          </div>
        </>
      )}
      {step.kind === "done" && (
        <>
          <p className="dlg-b s15 t2" role="status" data-testid="export-done">
            {countOf(step.count, "conversation is", "conversations are")} saved.{" "}
            {step.partial > 0 &&
              `${countOf(step.partial, "of them is", "of them are")} not whole: earlier messages could not be fetched. The file README says which.`}
          </p>
          <div className="dlg-f end">
            <button type="button" className="btn primary" onClick={close}>
              Done
            </button>
          </div>
        </>
      )}
      {step.kind === "failed" && (
        <>
          <p className="dlg-b hint bad" role="alert">
            {step.sentence}
          </p>
          <div className="dlg-f end">
            <button type="button" className="btn primary" onClick={() => setStep({ kind: "asking" })}>
              Back
            </button>
          </div>
        </>
      )}
    </Sheet>
  );
}
