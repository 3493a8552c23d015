/**
 * Whether this worker can keep a database. Only what is missing counts: a file system that is there and fails may hold a
 * person's data, and an empty session in memory in its place would look like a sign-out.
 */
export async function canKeepData(): Promise<boolean> {
  if (!("createSyncAccessHandle" in (globalThis.FileSystemFileHandle?.prototype ?? {}))) return false;
  if (!("locks" in navigator) || !("indexedDB" in globalThis)) return false;
  try {
    await navigator.storage.getDirectory();
    return true;
  } catch (error) {
    // How browsers say "not in a private window".
    return !(
      error instanceof DOMException && ["SecurityError", "NotSupportedError", "UnknownError"].includes(error.name)
    );
  }
}
