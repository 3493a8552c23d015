export { RESET_CODE_BYTES, RESET_CODE_MS, codeOf, resetCodeHash } from "./codes.ts";
export { createDelivery, type Connection, type Delivery } from "./delivery.ts";
export { DEFAULT_LIMITS, type Limits, type Rate } from "./limits.ts";
export { RateLimiter } from "./rate-limit.ts";
export type * from "./ports.ts";
export type * from "./store.ts";
