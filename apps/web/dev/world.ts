import { ROLE } from "@sotto/protocol";
import type { Person } from "@sotto/engine";
import {
  ADA,
  ALAN,
  ANNIE,
  BARBARA,
  CHARLES,
  CLAUDE,
  deviceOf,
  GRACE,
  HEDY,
  HUGH,
  JOAN,
  KATHERINE,
  MARGARET,
  MARY,
  RADIA,
} from "./cast.ts";
import { accountOfWorld } from "./fake-account.ts";
import { say, scene, tell } from "./fake-engine.ts";
import type { Scene, World } from "./fake-engine.ts";
import { dress, showPosts } from "./world-posts.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A time of that day, in hours and minutes, so many days ago. */
function at(now: number, daysAgo: number, hours: number, minutes: number): number {
  const day = new Date(now - daysAgo * DAY);
  day.setHours(hours, minutes, 0, 0);
  return day.getTime();
}

CHARLES.trust = "blocked";

const member = (person: Person) => ({ person, role: ROLE.member });
const admin = (person: Person) => ({ person, role: ROLE.admin });

function direct(other: Person, ink: number): Scene {
  return scene(`direct ${other.username}`, "direct", ink, [admin(JOAN), admin(other)]);
}

/** The conversations of the design's pictures, as far as this version shows them. `now` is 10:42 there. */
export function world(now: number, which: string): World {
  const engine = scene(
    "engine",
    "group",
    5,
    [admin(JOAN), admin(ADA), admin(KATHERINE), member(GRACE), member(MARGARET), member(ANNIE), member(ALAN)],
    "Difference Engine",
  );
  tell(engine, at(now, 3, 9, 0), { kind: "created", by: ADA });
  for (let turn = 0; turn < (which === "long" ? 400 : 6); turn++) {
    const who = [KATHERINE, MARGARET, ANNIE][turn % 3] ?? ADA;
    say(
      engine,
      who,
      at(now, 2, 8, 0) + turn * MINUTE * (which === "long" ? 1 : 7),
      turn % 2 === 0 ? `Column ${turn + 1} agrees with the tables, to nine places.` : "Good.",
    );
  }
  say(engine, ADA, at(now, 1, 17, 52), "The museum confirmed the long gallery. Doors at six on Thursday.");
  say(engine, ADA, at(now, 1, 17, 53), "The floor plan is at https://museum.example/long-gallery/plan");
  say(engine, JOAN, at(now, 1, 18, 5), "Lovely. I’ll walk the cable runs tomorrow.");
  tell(engine, at(now, 0, 10, 18), { kind: "added", by: ADA, people: [GRACE] });
  say(engine, GRACE, at(now, 0, 10, 20), "I can bring the relay from the Mark II, moth included.");
  say(engine, GRACE, at(now, 0, 10, 21), "🦋");
  say(engine, JOAN, at(now, 0, 10, 26), "Please do. It can sit beside the carry mechanism, under glass.");
  engine.readTo = engine.items.length;
  say(engine, KATHERINE, at(now, 0, 10, 38), "The mill, after cleaning. Every tooth counted twice.");
  say(
    engine,
    MARGARET,
    at(now, 0, 10, 41),
    "The drawings are all here. Sheet 14 is the one we need. https://engine-archive.example/sheets",
  );

  dress(engine);
  if (which === "posts") showPosts(engine, now);

  const alan = direct(ALAN, 7);
  say(alan, JOAN, at(now, 1, 16, 2), "Is the paper out?");
  say(alan, ALAN, at(now, 1, 16, 9), "Mind will print it in October.");
  say(alan, ALAN, at(now, 1, 16, 10), "I kept the part about the child’s mind.");
  say(alan, JOAN, at(now, 1, 16, 30), "Good. It was the best of it.");
  alan.readTo = alan.items.length;
  say(alan, ALAN, at(now, 0, 10, 36), "Can a machine be discreet? Discuss.");

  const ada = direct(ADA, 10);
  say(ada, ADA, at(now, 0, 9, 58), "Are the cards dry?");
  say(ada, JOAN, at(now, 0, 10, 12), "I’ll bring the punched cards");
  const hedy = direct(HEDY, 11);
  say(
    hedy,
    HEDY,
    at(now, 1, 21, 14),
    "The hopping sequence works with 88 frequencies. One for every key on the piano.",
  );
  say(hedy, HEDY, at(now, 1, 21, 14), "George thinks I’m joking. I’m not.");
  say(hedy, JOAN, at(now, 1, 21, 20), "I never doubted it. Can I see the roll?");
  say(hedy, HEDY, at(now, 1, 21, 31), "Same idea, brass instead of paper.");
  say(hedy, JOAN, at(now, 1, 21, 33), "Beautiful. Let’s patent it before breakfast.");
  tell(hedy, at(now, 0, 8, 41), { kind: "identity-changed", person: HEDY });
  hedy.draft = "The patent office wants a drawing by Friday";
  hedy.state = { kind: "paused", because: "identity-changed", people: [HEDY] };
  const grace = direct(GRACE, 3);
  grace.readTo = 0;
  say(grace, GRACE, at(now, 5, 15, 0), "Nanoseconds, by hand, for everyone.");
  const hut = scene("hut8", "room", 2, [admin(HUGH), member(JOAN), member(ALAN)], "hut-8");
  say(hut, HUGH, at(now, 5, 14, 0), "Tea is at four, usual place");
  hut.muted = true;
  const claude = direct(CLAUDE, 6);
  say(claude, CLAUDE, at(now, 6, 12, 0), "Half of it is redundant.");
  claude.draft = "On the redundancy of English, I";
  const notes = scene("notes", "self", 0, [admin(JOAN)]);
  say(notes, JOAN, at(now, 6, 11, 0), "Brass polish, two tins. Lamp oil.");
  const radia = direct(RADIA, 0);
  say(radia, JOAN, at(now, 6, 10, 0), "I think that I shall never see a graph more lovely than a tree.");
  const west = scene("west", "group", 4, [admin(MARY), member(JOAN), member(KATHERINE)], "West Area Computing");
  say(west, MARY, at(now, 6, 9, 0), "Figures agree to nine places");
  const charles = direct(CHARLES, 5);
  say(charles, JOAN, at(now, 30, 9, 0), "No.");
  const barbara = direct(BARBARA, 8);
  say(barbara, BARBARA, at(now, 19, 9, 0), "That substitution holds. Nicely done.");
  charles.state = { kind: "blocked" };
  if (which === "lines") {
    const gone = { ...ALAN, replaced: true };
    tell(alan, at(now, 0, 9, 1), { kind: "device-added", by: ALAN });
    tell(alan, at(now, 0, 9, 2), { kind: "keys-missing", entries: 14, state: "asking" });
    tell(alan, at(now, 0, 9, 3), { kind: "keys-missing", entries: 3, state: "unanswered" });
    tell(alan, at(now, 0, 9, 4), { kind: "mended", because: "keys-received" });
    tell(alan, at(now, 0, 9, 5), { kind: "mended", because: "rejoined" });
    tell(alan, at(now, 0, 9, 6), { kind: "unreadable", because: "revoked-device" });
    tell(alan, at(now, 0, 9, 7), { kind: "identity-changed", person: ALAN });
    tell(alan, at(now, 0, 9, 8), { kind: "name-moved", person: gone, username: "alan" });
    alan.unreachable = true;
  }
  if (which === "moved") {
    Object.assign(ALAN, { replaced: true, trust: "changed" });
    tell(alan, at(now, 0, 10, 37), { kind: "name-moved", person: ALAN, username: "alan" });
    alan.state = { kind: "paused", because: "identity-changed", people: [ALAN] };
  }
  if (which === "pinned") engine.pinned = true;
  if (which === "trouble") {
    say(ada, JOAN, at(now, 0, 10, 14), "It ships at half past two.", "failed");
    say(ada, JOAN, at(now, 0, 10, 15), "Or at three.", "sending");
  }
  const account = accountOfWorld(now, which);
  return {
    account,
    now,
    self: JOAN,
    people: [ADA, GRACE, KATHERINE, MARGARET, ANNIE, ALAN, HEDY, HUGH, CLAUDE, RADIA, MARY, BARBARA, CHARLES],
    scenes:
      which === "empty" ? [] : [engine, alan, ada, hedy, grace, hut, claude, notes, radia, west, barbara, charles],
    connection: which === "offline" ? "offline" : "online",
    session:
      which === "signed-out"
        ? { kind: "signed-out" }
        : which === "damaged"
          ? { kind: "damaged", failure: { code: "store/unreadable", message: "", remedy: { kind: "none" } } }
          : {
              kind: "signed-in",
              account: JOAN.account,
              device: deviceOf("joan"),
              username: "joan",
              displayName: "Joan Clarke",
              connection: which === "offline" ? "offline" : "online",
              caughtUp: which !== "offline",
              durability: which === "memory" ? "memory" : "durable",
              recoveryKeyUnsaved: which === "empty" || which === "memory" || which === "unsaved",
              refusedBecause: which === "revoked" ? "session/device-revoked" : null,
              notices: account.notices,
              seal: JOAN.seal,
            },
  };
}
