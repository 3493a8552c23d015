import { useContext } from "react";
import type { CSSProperties } from "react";
import type { Quote } from "@sotto/engine";
import type { PostId } from "@sotto/protocol";
import { quoteWords } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { PeopleHere } from "./people-here.ts";
import { inkOf } from "./seal.tsx";

type PostQuoteProps = { quote: Quote; stop: 0 | -1; onJump: (post: PostId) => void };

/** What a post answers, as it is stored here. A click goes there, where it is anywhere. */
export function PostQuote({ quote, stop, onJump }: PostQuoteProps) {
  const { person, name, text } = quoteWords(quote, useContext(PeopleHere));
  if (person === null)
    return (
      <blockquote className="quote gone" data-testid="quote" data-state={quote.kind}>
        <span>{text}</span>
      </blockquote>
    );
  const style = { "--h": inkOf(person.seal) } as CSSProperties;
  return (
    <blockquote className="quote" style={style} data-testid="quote" data-state={quote.kind}>
      <button type="button" tabIndex={stop} title={m.post_quote_jump({ name })} onClick={() => onJump(quote.post)}>
        <b>
          <bdi>{name}</bdi>
        </b>
        <span dir="auto">{text}</span>
      </button>
    </blockquote>
  );
}
