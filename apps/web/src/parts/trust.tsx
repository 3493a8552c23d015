import type { TrustWords } from "@sotto/views";

type Tone = "unverified" | "verified" | "changed" | "danger";

function Shape({ tone }: { tone: Tone }) {
  switch (tone) {
    case "unverified":
      return (
        <circle
          cx="12"
          cy="12"
          r="8.6"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.3"
          strokeDasharray="4.2 2.554"
        />
      );
    case "verified":
      return (
        <>
          <path
            fill="currentColor"
            d="M3.85 8.62a4 4 0 0 1 4.78-4.77 4 4 0 0 1 6.74 0 4 4 0 0 1 4.78 4.78 4 4 0 0 1 0 6.74 4 4 0 0 1-4.77 4.78 4 4 0 0 1-6.75 0 4 4 0 0 1-4.78-4.77 4 4 0 0 1 0-6.76Z"
          />
          <path
            className="cut"
            fill="none"
            strokeWidth="2.5"
            strokeLinecap="round"
            strokeLinejoin="round"
            d="m8.4 12.2 2.4 2.4 4.8-4.9"
          />
        </>
      );
    case "changed":
      return (
        <>
          <path
            fill="currentColor"
            stroke="currentColor"
            strokeWidth="2"
            strokeLinejoin="round"
            d="M12 4 2.9 20h18.2Z"
          />
          <path className="cut" fill="none" strokeWidth="2.4" strokeLinecap="round" d="M12 10v4.2M12 17.4h.01" />
        </>
      );
    case "danger":
      return (
        <>
          <path
            fill="currentColor"
            stroke="currentColor"
            strokeWidth="1.6"
            strokeLinejoin="round"
            d="M8.2 2.8h7.6l5.4 5.4v7.6l-5.4 5.4H8.2l-5.4-5.4V8.2Z"
          />
          <path
            className="cut"
            fill="none"
            strokeWidth="2.5"
            strokeLinecap="round"
            d="m8.8 8.8 6.4 6.4m0-6.4-6.4 6.4"
          />
        </>
      );
  }
}

/** Each state has a silhouette of its own, so that it is told apart without colour. */
export function TrustGlyph({ tone, size }: { tone: Tone; size: number }) {
  return (
    <svg className={`tg ${tone}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <Shape tone={tone} />
    </svg>
  );
}

/** Shape, word and colour together. */
export function TrustLine({ trust }: { trust: Pick<TrustWords, "tone" | "words"> }) {
  if (trust.tone === "self") return <span>{trust.words}</span>;
  return (
    <span className={`trust ${trust.tone}`}>
      <TrustGlyph tone={trust.tone} size={15} />
      {trust.words}
    </span>
  );
}
