// The few platform globals that the pure packages may use. Everything else enters through a port.
// Compiled with `lib: ["ES2023"], types: []`, so that `window`, `process`, `Buffer`, `setTimeout`, `fetch` and
// `console` do not exist in those packages.

interface TextEncoder {
  encode(input: string): Uint8Array<ArrayBuffer>;
}
declare const TextEncoder: { new (): TextEncoder };

interface TextDecoder {
  decode(input: Uint8Array): string;
}
declare const TextDecoder: { new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder };
