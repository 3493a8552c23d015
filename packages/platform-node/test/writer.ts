// A device's process that can be killed: `write` commits batches of ten rows and says each number once it is durable.
import { writeSync } from "node:fs";
import { openNodeStorage } from "../src/node-storage.ts";

const [directory = "", mode] = process.argv.slice(2);
const store = await openNodeStorage({ directory }).open();
store.run(
  "create table if not exists entries (batch integer not null, place integer not null, body blob not null) strict",
);
if (mode === "hold") {
  writeSync(1, "held\n");
  setInterval(() => {}, 1_000);
} else {
  const first = Number(store.all("select coalesce(max(batch), 0) as last from entries")[0]?.["last"]) + 1;
  for (let batch = first; ; batch++) {
    store.transaction(() => {
      for (let place = 0; place < 10; place++) {
        store.run("insert into entries values (?, ?, ?)", [batch, place, new Uint8Array(900).fill(batch & 0xff)]);
      }
    });
    writeSync(1, `${batch}\n`);
  }
}
