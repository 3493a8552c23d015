import { ADA, ALAN, ANNIE, GRACE, JOAN, KATHERINE, MARGARET, postOf } from "./cast.ts";
import { say } from "./fake-engine.ts";
import type { Scene } from "./fake-engine.ts";
import {
  deleted,
  edited,
  inThread,
  marked,
  pinned,
  polled,
  postIn,
  previewed,
  react,
  readBy,
  replies,
  types,
  unsupported,
} from "./fake-posts.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What the design's picture of a group shows beside the words. */
export function dress(engine: Scene): void {
  const moth = postIn(engine, "moth included");
  react(moth, "😄", [ADA, KATHERINE, ANNIE, MARGARET]);
  react(moth, "❤️", [ADA, JOAN]);
  const please = postIn(engine, "under glass");
  replies(please, moth, moth.post);
  edited(please, "Please do. It can sit under glass.", please.at + MINUTE);
  readBy(please, [ADA, KATHERINE, ANNIE], [GRACE], 6);
  previewed(postIn(engine, "Sheet 14"), {
    url: "https://engine-archive.example/sheets",
    title: "Difference Engine No. 2, all sheets",
    description: "",
  });
  engine.rules.timerSeconds = 28 * 86_400;
  types(engine, [ALAN]);
}

/** Everything that can happen to a post, one below the other. */
export function showPosts(engine: Scene, now: number): void {
  const at = (minutes: number) => now - (60 - minutes) * MINUTE;
  const last = (text: string) => postIn(engine, text);
  engine.readTo = Number.MAX_SAFE_INTEGER;
  say(engine, KATHERINE, at(1), "@Joan, could you check column 7 once more?");
  marked(last("column 7"), { mentionsSelf: true });
  say(engine, KATHERINE, at(2), "I counted the carry twice.");
  deleted(engine, last("carry twice"), KATHERINE);
  say(engine, ALAN, at(3), "Nothing to see here.");
  deleted(engine, last("Nothing to see"), JOAN);
  say(engine, JOAN, at(4), "Answering what is gone.");
  replies(last("what is gone"), undefined, postOf("long gone"));
  say(engine, ADA, at(6), "Which evening suits you?");
  polled(last("Which evening"), "Which evening suits you?", [
    ["Thursday, after the doors close", [GRACE, KATHERINE, JOAN]],
    ["Friday", [ANNIE]],
    ["Saturday, early", []],
  ]);
  say(engine, JOAN, at(8), "What should we bring?");
  polled(
    last("should we bring"),
    "What should we bring?",
    [
      ["Lamp oil", [JOAN, ADA]],
      ["Brass polish", [ADA, MARGARET, GRACE]],
    ],
    { multiple: true },
  );
  say(engine, GRACE, at(10), "Rules of the gallery: no flash, no touching, no steam.");
  marked(last("no steam"), { forwarded: true });
  pinned(engine, postIn(engine, "Doors at six"));
  pinned(engine, last("no steam"));
  say(engine, MARGARET, at(12), "Shall we rehearse the lifting of the mill?");
  const root = last("rehearse");
  edited(root, "Shall we rehearse the lifting?", root.at + MINUTE);
  for (const [minutes, who, text] of [
    [13, ADA, "At four, if the floor is free."],
    [14, KATHERINE, "I bring the second rope."],
    [15, JOAN, "And I the first."],
  ] as const) {
    say(engine, who, at(minutes), text);
    inThread(engine, last(text), root);
  }
  for (const text of ["I see to the rope.", "The floor is free at four."]) {
    say(engine, ALAN, at(16), text);
    inThread(engine, last(text), root);
  }
  engine.threadsRead.set(root.post, last("And I the first").order);
  say(engine, ANNIE, at(20), "The code for the side door is 7041.");
  marked(last("7041"), { expiresAt: now + 2.4 * MINUTE });
  say(engine, ANNIE, at(21), "A drawing in a form of tomorrow");
  unsupported(engine, last("form of tomorrow"));
  say(engine, JOAN, at(30), "Noted, all of it.");
  marked(last("Noted"), { starred: true, expiresAt: now + 6 * DAY });
  readBy(last("Noted"), [], [ADA, KATHERINE, ANNIE, GRACE], 6);
  react(last("Noted"), "👏", [ADA, KATHERINE, ANNIE, MARGARET, GRACE]);
  types(engine, [ALAN, GRACE]);
}
