// `node apps/server/bench/main.ts [rounds] [seconds]`: our server, storing durably, against a relay on bare `ws` that stores
// nothing and one that does. All run at once, on core 0, and take turns; this process has core 1. One line of JSON for each
// round on stdout (a Round), words on stderr.
import { execFileSync } from "node:child_process";
import { closeAll } from "./client.ts";
import { startOurs, startRelay, startStoringRelay, type CaughtUp } from "./crowd.ts";
import { append, pingPong, saturate, type Appended, type OneToOne, type Saturated } from "./scenarios.ts";

/** What one round measured. `p50` and the like in ms, `us...` of the server's processor. */
export type Round = {
  one: { relay: OneToOne; storing: OneToOne; ours: OneToOne };
  many: { relay: Saturated; storing: Saturated; ours: Saturated };
  append: { storing: Appended; ours: Appended };
  catchUp: CaughtUp;
};

const PINGS = 1_500;
const [rounds = "5", seconds = "3"] = process.argv.slice(2);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

execFileSync("taskset", ["-a", "-p", "-c", "1", String(process.pid)], { stdio: "ignore" });
say("filling the servers");
const [relay, storing, ours] = [await startRelay(), await startStoringRelay(), await startOurs()];
for (let round = 1; round <= Number(rounds); round++) {
  const measured: Round = {
    one: {
      relay: await pingPong(relay, PINGS),
      storing: await pingPong(storing, PINGS),
      ours: await pingPong(ours, PINGS),
    },
    many: {
      relay: await saturate(relay, Number(seconds)),
      storing: await saturate(storing, Number(seconds)),
      ours: await saturate(ours, Number(seconds)),
    },
    append: { storing: await append(storing, Number(seconds)), ours: await append(ours, Number(seconds)) },
    catchUp: await ours.catchUp(),
  };
  process.stdout.write(`${JSON.stringify(measured)}\n`);
  const { one, many, append: appended } = measured;
  say(
    `round ${round}: 500 x 4 ${many.ours.usPerDelivery.toFixed(1)} us against ${many.relay.usPerDelivery.toFixed(1)} and ${many.storing.usPerDelivery.toFixed(1)} stored, ` +
      `1 to 1 ${one.ours.p50.toFixed(3)} ms against ${one.relay.p50.toFixed(3)} and ${one.storing.p50.toFixed(3)} stored, ` +
      `append ${appended.ours.perS.toFixed(0)}/s against ${appended.storing.perS.toFixed(0)}`,
  );
}
closeAll();
for (const each of [relay, storing, ours]) await each.end();
process.exit(0);
