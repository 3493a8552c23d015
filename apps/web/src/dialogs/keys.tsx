import { Fragment } from "react";
import { m } from "@sotto/views/messages";
import { Sheet } from "../parts/sheet.tsx";
import { useSettings } from "../state/settings.ts";

type Row = { keys: string[][]; does: string };

/** Ctrl is Cmd where the keyboard has one. */
const COMMAND = /Mac|iPhone|iPad/u.test(navigator.userAgent) ? "⌘" : "Ctrl";

function sections(enterSends: boolean): { title: string; rows: Row[] }[] {
  return [
    {
      title: m.keys_everywhere(),
      rows: [
        { keys: [[COMMAND, "K"]], does: m.keys_palette() },
        { keys: [[COMMAND, "Shift", "O"]], does: m.keys_new() },
        {
          keys: [
            ["Alt", "↑"],
            ["Alt", "↓"],
          ],
          does: m.keys_neighbour(),
        },
        {
          keys: [
            ["Alt", "Shift", "↑"],
            ["Alt", "Shift", "↓"],
          ],
          does: m.keys_unread(),
        },
        { keys: [["F6"], ["Shift", "F6"]], does: m.keys_pane() },
        { keys: [[COMMAND, "."]], does: m.keys_details() },
        { keys: [[COMMAND, "Shift", "L"]], does: m.keys_fold() },
        { keys: [[COMMAND, ","]], does: m.keys_settings() },
        { keys: [["?"]], does: m.keys_this() },
      ],
    },
    {
      title: m.keys_writing(),
      rows: [
        { keys: enterSends ? [["Enter"]] : [[COMMAND, "Enter"]], does: m.keys_send() },
        { keys: enterSends ? [["Shift", "Enter"]] : [["Enter"]], does: m.keys_line() },
        { keys: [[COMMAND, "B"]], does: m.write_bold() },
        { keys: [[COMMAND, "I"]], does: m.write_italic() },
        { keys: [[COMMAND, "Shift", "X"]], does: m.write_strike() },
        { keys: [[COMMAND, "E"]], does: m.write_code() },
        { keys: [[COMMAND, "Shift", "8"]], does: m.write_list() },
        { keys: [[COMMAND, "Shift", "7"]], does: m.write_numbers() },
        { keys: [[COMMAND, "Shift", "9"]], does: m.write_quote() },
        { keys: [["↑"]], does: m.keys_edit_last() },
        { keys: [["Esc"]], does: m.keys_escape() },
      ],
    },
    {
      title: m.keys_post(),
      rows: [
        { keys: [["↑"], ["↓"], ["Home"], ["End"]], does: m.keys_move() },
        { keys: [["R"]], does: m.keys_reply() },
        { keys: [["E"]], does: m.keys_react() },
        { keys: [["C"]], does: m.keys_copy() },
        { keys: [["Del"]], does: m.keys_delete() },
        { keys: [["V"]], does: m.keys_verify() },
      ],
    },
    {
      title: m.keys_row(),
      rows: [
        { keys: [["M"]], does: m.keys_mute() },
        { keys: [["P"]], does: m.keys_pin() },
        { keys: [["U"]], does: m.keys_mark_unread() },
        { keys: [["V"]], does: m.keys_verify() },
      ],
    },
  ];
}

/** The keyboard map. */
export default function Keys({ onClose }: { onClose: () => void }) {
  const { enterSends } = useSettings();
  return (
    <Sheet title={m.keys_title()} onClose={onClose} width="w720">
      <div className="dlg-b keys">
        {sections(enterSends).map(({ title, rows }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(({ keys, does }) => (
                <div key={does}>
                  <dt>
                    {keys.map((combination, at) => (
                      <Fragment key={combination.join(" ")}>
                        {at > 0 && " "}
                        <span className="combo">
                          {combination.map((key) => (
                            <kbd key={key} className="kbd">
                              {key}
                            </kbd>
                          ))}
                        </span>
                      </Fragment>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Sheet>
  );
}
