import { useEffect, useRef, useState } from "react";
import { FileArchive, Folder } from "lucide-react";
import { asFailure, failureSentence } from "@sotto/views";
import { m } from "@sotto/views/messages";
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
    <Sheet title={m.data_export_title()} onClose={close} width="w460">
      {step.kind === "asking" && (
        <div className="dlg-b fields">
          <p className="s15 t2">{m.data_export_text()}</p>
          <div className="choices">
            <button type="button" className="btn quiet lg wide" onClick={() => void run(zipSink)}>
              <Icon of={FileArchive} size={19} />
              {m.data_export_zip()}
            </button>
            {foldersHere() && (
              <button type="button" className="btn quiet lg wide" onClick={() => void run(folderSink)}>
                <Icon of={Folder} size={19} />
                {m.data_export_folder()}
              </button>
            )}
          </div>
        </div>
      )}
      {step.kind === "running" && (
        <>
          <div className="dlg-b" data-testid="export-progress">
            <progress
              aria-label={m.data_export_label()}
              max={step.progress?.of ?? 1}
              {...(step.progress === null ? {} : { value: step.progress.done })}
            />
            <p className="s15 trunc">
              {step.progress === null ? m.data_export_looking() : <bdi>{step.progress.title}</bdi>}
            </p>
            <p className="s14 t2">
              {step.progress !== null &&
                m.data_export_progress({
                  at: step.progress.done + 1,
                  conversations: m.count_conversations({ count: step.progress.of }),
                  messages: m.count_messages({ count: step.progress.items }),
                })}
            </p>
          </div>
          <div className="dlg-f end">
            <button type="button" className="btn quiet" onClick={() => work.current?.abort()}>
              {m.data_export_stop()}
            </button>
          </div>
        </>
      )}
      {step.kind === "done" && (
        <>
          <p className="dlg-b s15 t2" role="status" data-testid="export-done">
            {m.data_export_saved({ count: step.count })}{" "}
            {step.partial > 0 && m.data_export_partial({ count: step.partial })}
          </p>
          <div className="dlg-f end">
            <button type="button" className="btn primary" onClick={close}>
              {m.common_done()}
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
              {m.common_back()}
            </button>
          </div>
        </>
      )}
    </Sheet>
  );
}
