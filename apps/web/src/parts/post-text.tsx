import { createContext, useContext, useMemo, useState } from "react";
import type { ReactNode } from "react";
import { EyeOff } from "lucide-react";
import { inlineText, nameOf, postSource } from "@sotto/views";
import type { Block, Inline, Link, ListItem } from "@sotto/views";
import { m } from "@sotto/views/messages";
import type { Person } from "@sotto/engine";
import type { AccountId } from "@sotto/protocol";
import { usePerson } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { useBlocks } from "../text/texts.ts";
import { CodeBlock } from "./code-block.tsx";
import { Icon } from "./icon.tsx";
import { PeopleHere } from "./people-here.ts";

type Body = { pieces: Block[]; emojiOnly: boolean; folded: boolean };

/** A post's text: nodes made from our own tree, nothing that the text itself could make into something else. */
export function usePostBody(text: string): { whole: boolean; showAll: () => void; body: Body } {
  const [whole, setWhole] = useState(false);
  const source = useMemo(() => postSource(text, whole), [text, whole]);
  const { emojiOnly, folded } = source;
  return { whole, showAll: () => setWhole(true), body: { pieces: useBlocks(source), emojiOnly, folded } };
}

/** Tab stops inside a log are one row's own: 0 in the row that has the focus, else -1. */
const Stop = createContext<0 | -1>(0);

export function PostPieces({ pieces, stop = 0 }: { pieces: readonly Block[]; stop?: 0 | -1 }) {
  const [only] = pieces;
  // Most posts are one paragraph, which needs no box of its own.
  if (pieces.length === 1 && only?.kind === "paragraph")
    return (
      <Stop value={stop}>
        <Inlines of={only.children} />
      </Stop>
    );
  return (
    <Stop value={stop}>
      <div className="md">
        <Blocks of={pieces} />
      </div>
    </Stop>
  );
}

function Blocks({ of }: { of: readonly Block[] }) {
  return of.map((block, at) => <BlockNode key={at} block={block} />);
}

function BlockNode({ block }: { block: Block }): ReactNode {
  switch (block.kind) {
    case "paragraph":
      return (
        <p dir="auto">
          <Inlines of={block.children} />
        </p>
      );
    case "heading":
      // Headings of a post are none of the page: the page's own outline stays what it is.
      return (
        <p dir="auto" className={`md-h md-h${Math.min(block.level, 3)}`}>
          <Inlines of={block.children} />
        </p>
      );
    case "quote":
      return (
        <blockquote>
          <Blocks of={block.blocks} />
        </blockquote>
      );
    case "list":
      return block.start === null ? (
        <ul>
          <Items of={block.items} />
        </ul>
      ) : (
        <ol start={block.start}>
          <Items of={block.items} />
        </ol>
      );
    case "code":
      return <CodeInPost language={block.language} text={block.text} />;
    case "table":
      return <Table table={block} />;
    case "rule":
      return <hr />;
  }
}

function CodeInPost(props: { language: string; text: string }) {
  return <CodeBlock {...props} stop={useContext(Stop)} />;
}

function Items({ of }: { of: readonly ListItem[] }) {
  return of.map(({ checked, blocks }, at) => {
    const [only] = blocks;
    return (
      <li key={at} className={checked === null ? undefined : "task"}>
        {checked !== null && <input type="checkbox" checked={checked} disabled aria-label={m.text_task()} />}
        <div dir="auto">
          {blocks.length === 1 && only?.kind === "paragraph" ? <Inlines of={only.children} /> : <Blocks of={blocks} />}
        </div>
      </li>
    );
  });
}

const ALIGN = { start: "al-s", center: "al-c", end: "al-e" } as const;

function Table({ table }: { table: Extract<Block, { kind: "table" }> }) {
  const look = (column: number) => {
    const align = table.align[column];
    return align === null || align === undefined ? undefined : ALIGN[align];
  };
  return (
    // Wide tables scroll, and whoever scrolls by keyboard has to get there, wherever the log has its Tab stop.
    <div className="md-t" role="group" aria-label={m.text_table()} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {table.head.map((cell, column) => (
              <th key={column} scope="col" dir="auto" className={look(column)}>
                <Inlines of={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column} dir="auto" className={look(column)}>
                  <Inlines of={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Inlines({ of }: { of: readonly Inline[] }) {
  return of.map((inline, at) => <InlineNode key={at} inline={inline} />);
}

function InlineNode({ inline }: { inline: Inline }): ReactNode {
  switch (inline.kind) {
    case "text":
      return <span>{inline.text}</span>;
    case "code":
      return <code dir="auto">{inline.text}</code>;
    case "strong":
      return (
        <strong>
          <Inlines of={inline.children} />
        </strong>
      );
    case "emphasis":
      return (
        <em>
          <Inlines of={inline.children} />
        </em>
      );
    case "strike":
      return (
        <s>
          <Inlines of={inline.children} />
        </s>
      );
    case "spoiler":
      return <Spoiler of={inline.children} />;
    case "link":
      return <LinkNode link={inline} />;
    case "mention":
      return <Mention account={inline.account} />;
    case "everybody":
      return <span className="mention">@{m.text_everybody()}</span>;
  }
}

/** Where it leads is read before it is clicked: at its beginning or beside it, and the whole address on hover and focus. */
function LinkNode({ link: { href, host, children } }: { link: Link }) {
  const stop = useContext(Stop);
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer noopener"
      title={host === null ? undefined : href}
      tabIndex={stop === 0 ? undefined : stop}
      dir={host === null ? "ltr" : undefined}
    >
      {host === null ? (
        inlineText(children)
      ) : (
        <>
          <bdi>
            <Inlines of={children} />
          </bdi>{" "}
          <span className="host" dir="ltr">
            {host}
          </span>
        </>
      )}
    </a>
  );
}

function Mention({ account }: { account: AccountId }) {
  const here = useContext(PeopleHere).find((person) => person.account === account);
  return here === undefined ? <FarMention account={account} /> : <NamedMention person={here} />;
}

/** Somebody who isn't here any more, or never was. */
function FarMention({ account }: { account: AccountId }) {
  const person = valueOf(usePerson(account), null);
  return person === null ? <span className="mention">@{m.text_somebody()}</span> : <NamedMention person={person} />;
}

function NamedMention({ person }: { person: Person }) {
  return (
    <span className={`mention ${person.trust === "self" ? "self" : ""}`}>
      <bdi>@{nameOf(person).replace(/^@/u, "")}</bdi>
    </span>
  );
}

function Spoiler({ of }: { of: readonly Inline[] }) {
  const stop = useContext(Stop);
  const [open, setOpen] = useState(false);
  return (
    <span className={`spoiler ${open ? "open" : ""}`}>
      <button
        type="button"
        tabIndex={stop}
        aria-expanded={open}
        aria-label={m.text_spoiler()}
        title={open ? m.text_spoiler_hide() : m.text_spoiler_show()}
        onClick={() => setOpen(!open)}
      >
        <Icon of={EyeOff} size={14} />
        {!open && <span>{m.text_spoiler()}</span>}
      </button>
      {open && <Inlines of={of} />}
    </span>
  );
}
