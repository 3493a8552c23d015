export { nodePorts, type NodePortsOptions } from "./ports.ts";
export { openNodeStorage } from "./node-storage.ts";
export { memoryStorage } from "./memory-storage.ts";
export { nodeSignInKeys } from "./sign-in-keys.ts";
export { nodeTransport } from "./transport.ts";
export { systemClock } from "./clock.ts";
