import { Menu } from "@base-ui/react/menu";
import { ChartBarBig, Check, ChevronRight, Clock, Plus, Timer } from "lucide-react";
import { durationInWords } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Icon } from "../parts/icon.tsx";

const TIMERS = [300, 3_600, 86_400, 604_800];

export type MoreMenuProps = {
  mayPoll: boolean;
  maySchedule: boolean;
  /** Of the conversation; 0 none. */
  conversationTimer: number;
  timer: number | null;
  onPoll: () => void;
  onSchedule: () => void;
  onTimer: (seconds: number | null) => void;
};

/** What one can send beside a plain message. Open from the start: it is loaded when somebody asks for it. */
export default function MoreMenu(props: MoreMenuProps) {
  const { mayPoll, maySchedule, conversationTimer, timer, onPoll, onSchedule, onTimer } = props;
  // A post may only go sooner than the conversation says.
  const timers = TIMERS.filter((seconds) => conversationTimer === 0 || seconds < conversationTimer);
  return (
    <Menu.Root modal={false} defaultOpen>
      <Menu.Trigger className="ib" aria-label={m.write_more()} title={m.write_more()}>
        <Icon of={Plus} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-pos" side="top" align="start" sideOffset={10} collisionPadding={8}>
          <Menu.Popup className="menu" aria-label={m.write_more()}>
            {mayPoll && (
              <Menu.Item className="mi" onClick={onPoll}>
                <Icon of={ChartBarBig} size={18} />
                {m.write_poll()}
              </Menu.Item>
            )}
            {maySchedule && (
              <Menu.Item className="mi" onClick={onSchedule}>
                <Icon of={Clock} size={18} />
                {m.write_schedule()}
              </Menu.Item>
            )}
            {timers.length > 0 && (
              <Menu.SubmenuRoot>
                <Menu.SubmenuTrigger className="mi">
                  <Icon of={Timer} size={18} />
                  <span className="grow">{m.write_timer()}</span>
                  <Icon of={ChevronRight} size={16} className="to-end" />
                </Menu.SubmenuTrigger>
                <Menu.Portal>
                  <Menu.Positioner className="menu-pos" collisionPadding={8}>
                    <Menu.Popup className="menu">
                      <Menu.RadioGroup
                        value={timer ?? 0}
                        onValueChange={(seconds: number) => onTimer(seconds === 0 ? null : seconds)}
                      >
                        {[0, ...timers].map((seconds) => (
                          <Menu.RadioItem key={seconds} value={seconds} className="mi" closeOnClick>
                            <span className="mi-tick">
                              <Menu.RadioItemIndicator>
                                <Icon of={Check} size={16} />
                              </Menu.RadioItemIndicator>
                            </span>
                            {seconds === 0 ? m.write_timer_off() : durationInWords(seconds)}
                          </Menu.RadioItem>
                        ))}
                      </Menu.RadioGroup>
                    </Menu.Popup>
                  </Menu.Positioner>
                </Menu.Portal>
              </Menu.SubmenuRoot>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
