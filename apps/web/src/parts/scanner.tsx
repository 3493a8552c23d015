import { useEffect, useRef, useState } from "react";
import decodeQR from "qr/decode.js";
import { m } from "@sotto/views/messages";

const EVERY_MS = 120;
/** Pixels a side that are looked at: enough for a code that fills a third of the picture. */
const SIDE_MAX = 720;

type Refusal = "denied" | "none" | "failed";
const WORDS: Record<Refusal, () => string> = {
  denied: m.scanner_denied,
  none: m.scanner_none,
  failed: m.scanner_failed,
};

function refusalOf(thrown: unknown): Refusal {
  const name = thrown instanceof DOMException ? thrown.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "none" : "failed";
}

/** The text of a code in this picture, if there is one. */
function read(video: HTMLVideoElement, canvas: HTMLCanvasElement): string | null {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0) return null;
  const scale = Math.min(1, SIDE_MAX / Math.max(videoWidth, videoHeight));
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    // Most pictures hold no code.
    return null;
  }
}

type ScannerProps = {
  /** Takes a code; false: not one of those that are looked for, go on. */
  onCode: (text: string) => boolean;
  /** What is in the picture, for people who can't see it. */
  label: string;
};

/** Looks for a code with the camera. Pictures stay in this page, and the camera is let go with it. */
export default function Scanner({ onCode, label }: ScannerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [foreign, setForeign] = useState(false);
  const take = useRef(onCode);
  useEffect(() => {
    take.current = onCode;
  }, [onCode]);
  useEffect(() => {
    const element = video.current;
    if (element === null) return undefined;
    let gone = false;
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setInterval> | undefined;
    const canvas = document.createElement("canvas");
    const look = () => {
      const text = read(element, canvas);
      if (text === null || gone) return;
      if (take.current(text)) clearInterval(timer);
      else setForeign(true);
    };
    const begin = async () => {
      if (!("mediaDevices" in navigator)) throw new DOMException("", "NotFoundError");
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
      });
      if (gone) return stop();
      element.srcObject = stream;
      await element.play();
      timer = setInterval(look, EVERY_MS);
    };
    const stop = () => {
      clearInterval(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    begin().catch((thrown: unknown) => {
      stop();
      if (!gone) setRefusal(refusalOf(thrown));
    });
    return () => {
      gone = true;
      stop();
    };
  }, []);
  if (refusal !== null)
    return (
      <p className="note" role="alert" data-testid="camera-refused">
        {WORDS[refusal]()}
      </p>
    );
  return (
    <div className="scan">
      <video ref={video} muted playsInline aria-label={label} />
      <i aria-hidden="true" />
      {foreign && (
        <p className="hint" role="status">
          {m.scanner_other_kind()}
        </p>
      )}
    </div>
  );
}
