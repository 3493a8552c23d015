export { connectEngine, type ConnectedEngine } from "./client.ts";
export { inspectPlatform, type Platform } from "./inspect-platform.ts";
