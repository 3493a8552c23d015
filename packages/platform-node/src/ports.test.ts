import { createEngine } from "@sotto/engine";
import { expect, test } from "vitest";
import { memoryStorage } from "./memory-storage.ts";
import { nodePorts } from "./ports.ts";

test("an engine starts on the ports of Node", async () => {
  const ports = await nodePorts({
    state: { storage: memoryStorage() },
    origin: "http://127.0.0.1:9/",
    deviceKind: "terminal",
  });
  expect(ports.transport.origin).toBe("http://127.0.0.1:9");
  expect(ports.random(70_000).some((byte) => byte !== 0)).toBe(true);
  const engine = await createEngine(ports);
  expect(await engine.session()).toEqual({ kind: "signed-out" });
  await engine.close();
});
