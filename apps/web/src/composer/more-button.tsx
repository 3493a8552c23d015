import { lazy, Suspense, useState } from "react";
import { Plus } from "lucide-react";
import { m } from "@sotto/views/messages";
import { Icon } from "../parts/icon.tsx";
import type { MoreMenuProps } from "./more-menu.tsx";

const MoreMenu = lazy(() => import("./more-menu.tsx"));

/** Opens the menu of what one can send beside a plain message. Menus weigh a lot, so it is loaded when it is first asked for. */
export function MoreButton(props: MoreMenuProps) {
  const [asked, setAsked] = useState(false);
  const button = (
    <button
      type="button"
      className="ib"
      aria-haspopup="menu"
      aria-expanded={false}
      aria-label={m.write_more()}
      title={m.write_more()}
      onClick={() => setAsked(true)}
    >
      <Icon of={Plus} />
    </button>
  );
  if (!asked) return button;
  return (
    <Suspense fallback={button}>
      <MoreMenu {...props} />
    </Suspense>
  );
}
