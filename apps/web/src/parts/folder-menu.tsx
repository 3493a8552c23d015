import { useState } from "react";
import { Menu } from "@base-ui/react/menu";
import { FolderPen, FolderX } from "lucide-react";
import type { Folder } from "@sotto/engine";
import { m } from "@sotto/views/messages";
import { useEngine } from "../state/live.ts";
import { Icon } from "./icon.tsx";
import { later } from "./lazy.tsx";

const Ask = later(() => import("./ask.tsx"));
const FolderName = later(() => import("../dialogs/folder-name.tsx"));

type FolderMenuProps = { folder: Folder; place: { x: number; y: number }; onClose: () => void; onGone: () => void };

/** What can be done about a folder of the list. */
export default function FolderMenu({ folder, place, onClose, onGone }: FolderMenuProps) {
  const engine = useEngine();
  const [asked, setAsked] = useState<"name" | "delete" | null>(null);
  if (asked === "name")
    return (
      <FolderName
        title={m.list_folder_rename()}
        verb={m.common_save()}
        name={folder.name}
        onSave={(name) => engine.saveFolder({ ...folder, name })}
        onClose={onClose}
      />
    );
  if (asked === "delete")
    return (
      <Ask
        title={m.list_folder_delete()}
        text={m.list_folder_delete_words()}
        verb={m.common_delete()}
        act={async () => {
          await engine.deleteFolder({ folder: folder.folder });
          onGone();
        }}
        onClose={onClose}
      />
    );
  return (
    <Menu.Root open onOpenChange={(open) => !open && onClose()} modal={false}>
      <Menu.Portal>
        <Menu.Positioner
          className="menu-pos"
          align="start"
          collisionPadding={8}
          anchor={{ getBoundingClientRect: () => DOMRect.fromRect(place) }}
        >
          <Menu.Popup className="menu" aria-label={m.list_options()}>
            <Menu.Item className="mi" closeOnClick={false} onClick={() => setAsked("name")}>
              <Icon of={FolderPen} size={18} />
              {m.list_folder_rename()}
            </Menu.Item>
            <Menu.Item className="mi dng" closeOnClick={false} onClick={() => setAsked("delete")}>
              <Icon of={FolderX} size={18} />
              {m.list_folder_delete()}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
