import type { Person } from "../api.ts";

/**
 * The same data without what strangers say of themselves: in a request a person is their handle (T15). Whom one has verified or named
 * oneself stays as they are known.
 */
export function withoutClaims<T>(value: T): T {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((each: unknown) => withoutClaims(each)) as T;
  if (isPerson(value)) {
    const isKnown = value.contactName !== null || value.trust === "self" || value.trust === "verified";
    return isKnown ? value : { ...value, displayName: null, picture: null, status: "" };
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutClaims(part as unknown)])) as T;
}

const isPerson = (value: object): value is Person => "account" in value && "displayName" in value && "trust" in value;
