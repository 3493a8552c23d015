import type { ReactNode, RefObject } from "react";
import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";

type SheetProps = {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Width: a class of dialog.css. */
  width: "w460" | "w560" | "w720";
  /** Near the top, where what is searched for grows downwards. Full screen on a phone. */
  up?: boolean;
  first?: RefObject<HTMLElement | null>;
};

/** A dialog with a heading: focus is held inside, Escape closes it, and focus goes back to where it was. */
export function Sheet({ title, onClose, children, width, up = false, first }: SheetProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Viewport className={`dlg-view ${up ? "up" : ""}`}>
          <Dialog.Popup className={`dlg ${width}`} initialFocus={first ?? true}>
            <div className="dlg-h">
              <Dialog.Title className="grow">{title}</Dialog.Title>
              <Dialog.Close className="ib" aria-label={m.common_close()} title={m.common_close()}>
                <Icon of={X} />
              </Dialog.Close>
            </div>
            {children}
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
