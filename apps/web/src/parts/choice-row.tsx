import { Menu } from "@base-ui/react/menu";
import { Check, ChevronRight } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { Icon } from "./icon.tsx";

type ChoiceRowProps<Value extends string> = {
  icon: LucideIcon;
  title: string;
  value: Value;
  choices: readonly { value: Value; name: string; note?: string }[];
  onChoose: (value: Value) => void;
  /** Shown and not to be changed by this person. */
  fixed?: boolean;
};

/** A line that says what is set, and opens what else can be. */
export function ChoiceRow<Value extends string>({
  icon,
  title,
  value,
  choices,
  onChoose,
  fixed = false,
}: ChoiceRowProps<Value>) {
  const current = choices.find((choice) => choice.value === value)?.name ?? value;
  if (fixed)
    return (
      <div className="set">
        <Icon of={icon} size={18} className="t2" />
        <span className="grow">{title}</span>
        <span className="v">{current}</span>
      </div>
    );
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="set">
        <Icon of={icon} size={18} className="t2" />
        <span className="grow">{title}</span>
        <span className="v">
          {current}
          <Icon of={ChevronRight} size={16} />
        </span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-pos" align="end" sideOffset={4} collisionPadding={8}>
          <Menu.Popup className="menu choices" aria-label={title}>
            <Menu.RadioGroup value={value} onValueChange={(chosen: Value) => onChoose(chosen)}>
              {choices.map((choice) => (
                <Menu.RadioItem key={choice.value} value={choice.value} className="mi" closeOnClick>
                  <span className="mi-tick">
                    <Menu.RadioItemIndicator>
                      <Icon of={Check} size={16} />
                    </Menu.RadioItemIndicator>
                  </span>
                  <span className="grow">
                    {choice.name}
                    {choice.note !== undefined && <span className="mi-note">{choice.note}</span>}
                  </span>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
