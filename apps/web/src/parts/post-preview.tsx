import type { LinkPreview } from "@sotto/engine";
import { previewWords } from "@sotto/views";
import type { PostRow } from "@sotto/views";

type PostPreviewProps = { preview: LinkPreview; row: PostRow; stop: 0 | -1 };

/** A link as its sender saw it. Nothing is fetched for it here; the host is that of the address, not what the preview says. */
export function PostPreview({ preview, row, stop }: PostPreviewProps) {
  const words = previewWords(preview, row);
  if (words === null) return null;
  return (
    <a
      className="linkcard"
      href={words.href}
      target="_blank"
      rel="noreferrer noopener"
      tabIndex={stop}
      data-testid="preview"
    >
      <span className="grow">
        <span className="ttl" dir="auto">
          {words.title}
        </span>
        {words.text !== "" && (
          <span className="dsc trunc-2" dir="auto">
            {words.text}
          </span>
        )}
        <span className="dsc">
          <bdi dir="ltr">{words.host}</bdi> · {words.by}
        </span>
      </span>
    </a>
  );
}
