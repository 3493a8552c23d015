import { Copy } from "lucide-react";
import { m } from "@sotto/views/messages";
import { useColours } from "../text/texts.ts";
import { copy } from "./copy.ts";
import { Icon } from "./icon.tsx";

type CodeBlockProps = { language: string; text: string; stop: 0 | -1 };

/** Code as it was typed, in colours where its language is known. */
export function CodeBlock({ language, text, stop }: CodeBlockProps) {
  const spans = useColours(language, text);
  return (
    <div className="cb-f">
      <div className="cb-h">
        <span dir="ltr">{language}</span>
        <button
          type="button"
          tabIndex={stop}
          aria-label={m.text_copy_code()}
          title={m.text_copy_code()}
          onClick={() => copy(text, m.text_the_code())}
        >
          <Icon of={Copy} size={14} />
        </button>
      </div>
      {/* Long lines scroll, and whoever scrolls by keyboard has to get there, wherever the log has its Tab stop. */}
      <pre dir="ltr" tabIndex={0} role="group" aria-label={m.text_code()}>
        <code>
          {spans === null
            ? text
            : spans.map((span, at) =>
                span.look === null ? (
                  span.text
                ) : (
                  <span key={at} className={`hl-${span.look}`}>
                    {span.text}
                  </span>
                ),
              )}
        </code>
      </pre>
    </div>
  );
}
