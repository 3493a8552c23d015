import type { SystemWords } from "@sotto/views";
import { TrustGlyph } from "./trust.tsx";

/** A change of the conversation as a sentence in the middle. */
export function SystemRow({ words, time }: { words: SystemWords; time: string }) {
  return (
    <div
      className={`sys ${words.tone}`}
      role={words.tone === "alarm" ? "alert" : undefined}
      title={time}
      data-testid="system-line"
    >
      <span>
        {words.tone === "alarm" && <TrustGlyph tone="danger" size={16} />}
        {words.words.map(({ text, strong }, at) =>
          strong ? (
            <b key={at}>
              <bdi>{text}</bdi>
            </b>
          ) : (
            <span key={at} className="plain">
              {text}
            </span>
          ),
        )}
      </span>
    </div>
  );
}
