import type { Failure } from "@sotto/engine";

export type Platform = {
  /** HTTPS, or localhost: browsers give the rest to no other page. */
  secureContext: boolean;
  webCrypto: boolean;
  /** Web Locks and BroadcastChannel: one engine for all tabs. */
  tabs: boolean;
  webAssembly: boolean;
  /** A private file system; without it a session lives in memory only, and the worker has the last word on that. */
  opfs: boolean;
  /** Why Sotto can't run here, and what to do about it. */
  failure: Failure | null;
};

/** What this browser offers on this page. */
export function inspectPlatform(): Platform {
  const platform = {
    secureContext: globalThis.isSecureContext,
    webCrypto: globalThis.crypto?.subtle !== undefined,
    tabs: "locks" in navigator && "BroadcastChannel" in globalThis && "Worker" in globalThis,
    webAssembly: "WebAssembly" in globalThis,
    opfs: navigator.storage !== undefined && "getDirectory" in navigator.storage,
  };
  return { ...platform, failure: failureOf(platform) };
}

function failureOf({ secureContext, webCrypto, tabs, webAssembly }: Omit<Platform, "failure">): Failure | null {
  if (!secureContext) {
    return {
      code: "connection/insecure-context",
      message: "This page came over plain HTTP, and browsers allow encryption on secure pages only.",
      remedy: {
        kind: "person",
        do: "Open Sotto by an address that begins with https://, or by http://localhost on the machine that hosts it.",
      },
    };
  }
  if (webCrypto && tabs && webAssembly) return null;
  return {
    code: "internal/unexpected",
    message: "This browser is too old for Sotto, or has parts switched off that Sotto needs.",
    remedy: { kind: "person", do: "Update the browser, or open Sotto in another one." },
  };
}
