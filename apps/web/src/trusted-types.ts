/** The part of Trusted Types that is used here. Browsers without it take the address as it is. */
type Policy = { createScriptURL: (url: string) => string };
type Factory = { createPolicy: (name: string, rules: Policy) => Policy };

declare global {
  interface Window {
    trustedTypes?: Factory;
  }
}

let policy: Policy | undefined;

/**
 * The address of a worker that this build made, as the one policy allows it (`trusted-types sotto`). Whatever lies elsewhere
 * is refused here too: the policy is the only door to running code, so it is kept as narrow as what goes through it.
 */
export function trustedWorkerUrl(url: string): string {
  const own = new URL(url, window.location.href);
  if (own.origin !== window.location.origin || !/\.(?:js|ts)$/u.test(own.pathname))
    throw new TypeError("a worker comes from this server only");
  policy ??= window.trustedTypes?.createPolicy("sotto", { createScriptURL: (allowed) => allowed });
  return policy === undefined ? own.href : policy.createScriptURL(own.href);
}
