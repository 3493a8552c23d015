import { useMemo, useState } from "react";
import { postBody } from "@sotto/views";

/** A post's text: text nodes and plain links, nothing that the text itself could make into something else. */
export function usePostBody(text: string): { whole: boolean; showAll: () => void; body: ReturnType<typeof postBody> } {
  const [whole, setWhole] = useState(false);
  const body = useMemo(() => postBody(text, whole), [text, whole]);
  return { whole, showAll: () => setWhole(true), body };
}

export function PostPieces({ pieces }: Pick<ReturnType<typeof postBody>, "pieces">) {
  return pieces.map((piece, at) =>
    piece.kind === "text" ? (
      <span key={at}>{piece.text}</span>
    ) : (
      <a key={at} href={piece.href} target="_blank" rel="noreferrer noopener" dir="ltr">
        {piece.text}
      </a>
    ),
  );
}
