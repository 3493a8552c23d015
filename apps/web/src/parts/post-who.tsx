import { Popover } from "@base-ui/react/popover";
import type { Reaction } from "@sotto/engine";
import { nameOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { PersonAvatar } from "./avatar.tsx";
import type { Place } from "./post-actions.ts";

type PostWhoProps = { reactions: readonly Reaction[]; place: Place; onClose: () => void };

/** Who chose which emoji. */
export function PostWho({ reactions, place, onClose }: PostWhoProps) {
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Portal>
        <Popover.Positioner
          anchor={{ getBoundingClientRect: () => DOMRect.fromRect(place) }}
          side="top"
          align="start"
          sideOffset={6}
          collisionPadding={8}
          className="menu-pos"
        >
          <Popover.Popup className="menu who-pop">
            <Popover.Title className="who-t">{m.post_reactions_who()}</Popover.Title>
            {reactions.map(({ emoji, people, count }) => (
              <section key={emoji}>
                <h3>
                  <span className="em">{emoji}</span> {count}
                </h3>
                <ul>
                  {people.map((person) => (
                    <li key={person.account}>
                      <PersonAvatar person={person} size={28} />
                      <bdi>{person.trust === "self" ? m.post_you() : nameOf(person)}</bdi>
                    </li>
                  ))}
                  {count > people.length && <li>{m.count_others({ count: count - people.length })}</li>}
                </ul>
              </section>
            ))}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
