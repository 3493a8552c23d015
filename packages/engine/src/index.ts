export type * from "./api.ts";
export type * from "./ports.ts";
export { createEngine, type HandsOver } from "./engine.ts";
export { decryptEntry, type DecryptedEntry } from "./history/entry-keys.ts";
export { failureOf } from "./failure.ts";
export { NO_MARKS } from "./timeline/post-marks.ts";
// What the shells wire into the ports; crypto and mls stay behind this door.
export { createProvider } from "@sotto/mls";
