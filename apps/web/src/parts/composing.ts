import type { ConversationDetails } from "@sotto/engine";
import type { ConversationId, PostId } from "@sotto/protocol";

/** What the composer is at, beside writing something new. The screen that holds log and composer keeps it. */
export type Composing =
  /** `who`: "You" or the reader's own name for its sender. `text`: of the post that is answered, as it is stored. */
  { kind: "reply"; post: PostId; who: string; text: string } | { kind: "edit"; post: PostId; text: string };

export type ComposerProps = {
  conversation: ConversationId;
  /** Of the conversation, for the placeholder. */
  name: string;
  draft: string;
  /** Under the field: who will be able to read. */
  readers: string;
  /** Null until known: no completion of names, no polls. */
  details: ConversationDetails | null;
  composing: Composing | null;
  /** Reply or edit is over: sent, saved or given up. */
  onComposed: () => void;
  /** Arrow up in the empty field. */
  onEditLast: () => void;
  /** Everything that is written goes into the thread on this post; such a composer keeps no draft. */
  thread?: PostId;
};
