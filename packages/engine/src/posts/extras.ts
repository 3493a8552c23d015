import { cleanText, type PollContent, type PreviewContent } from "@sotto/protocol";
import type { LinkPreview } from "../api-posts.ts";

/** What a post holds beside its text, as its row keeps it. */
export type Extra = { poll?: PollContent; preview?: PreviewContent };

/** What goes into the row; null for nothing. */
export function extraJson(poll: PollContent | null, preview: PreviewContent | null): string | null {
  if (poll !== null) return JSON.stringify({ poll } satisfies Extra);
  return preview === null ? null : JSON.stringify({ preview } satisfies Extra);
}

/** Written by {@link extraJson} from what was parsed when it came. */
export const extraOf = (json: string | null): Extra => (json === null ? {} : (JSON.parse(json) as Extra));

/** What somebody else wrote, clean. */
export const shownPreview = ({ url, title, description }: PreviewContent): LinkPreview => ({
  url,
  title: cleanText(title),
  description: cleanText(description),
});
