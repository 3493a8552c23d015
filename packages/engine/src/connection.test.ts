import { encodeEvent } from "@sotto/protocol";
import { expect, test } from "vitest";
import { Connection } from "./connection.ts";
import type { LinkEvents } from "./ports.ts";

test("what the transport still brings after the connection was closed reaches nobody", () => {
  let link: LinkEvents | undefined;
  const told: string[] = [];
  const transport = {
    origin: "http://localhost",
    connect: (events: LinkEvents) => {
      link = events;
      return { send: () => true, reconnect: () => undefined, close: () => undefined };
    },
  };
  const connection = new Connection(
    transport,
    { now: () => 0, after: () => () => undefined },
    {
      opened: () => told.push("opened"),
      closed: () => told.push("closed"),
      entry: () => told.push("entry"),
      event: ({ event }) => told.push(event),
      malformed: () => told.push("malformed"),
    },
  );
  link!.opened();
  link!.frame(encodeEvent({ event: "inbox" }));
  expect(told).toEqual(["opened", "inbox"]);
  connection.close();
  link!.frame(encodeEvent({ event: "inbox" }));
  link!.closed();
  link!.opened();
  expect(told).toEqual(["opened", "inbox"]);
  expect(connection.isOpen).toBe(false);
});
