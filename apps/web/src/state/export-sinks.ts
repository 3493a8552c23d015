import { strToU8, Zip, ZipDeflate } from "fflate";
import { saveFile } from "../parts/save-file.ts";
import type { ExportSink } from "./export-account.ts";

/** One file: everything in an archive, handed to the browser as a download once it is whole. */
export function zipSink(name: string): ExportSink {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let failed: Error | null = null;
  const zip = new Zip((error, chunk) => {
    if (error === null) chunks.push(chunk.slice());
    else failed = error;
  });
  const sound = () => {
    if (failed !== null) throw failed;
  };
  return {
    write: async (path, text) => {
      const file = new ZipDeflate(`${name}/${path}`, { level: 6 });
      zip.add(file);
      file.push(strToU8(text), true);
      sound();
    },
    finish: async () => {
      zip.end();
      sound();
      saveFile(`${name}.zip`, new Blob(chunks), "application/zip");
    },
    abandon: async () => {
      zip.terminate();
      chunks.length = 0;
    },
  };
}

declare global {
  interface Window {
    /** Chromium's: a folder that the person chooses (File System Access). */
    showDirectoryPicker?: (options: { mode: "readwrite" }) => Promise<FileSystemDirectoryHandle>;
  }
}

/** A new folder inside one that the person chooses. Rejects with an AbortError if they choose none. */
export async function folderSink(name: string): Promise<ExportSink> {
  if (window.showDirectoryPicker === undefined) throw new Error("no folders here");
  const parent = await window.showDirectoryPicker({ mode: "readwrite" });
  const folder = await parent.getDirectoryHandle(name, { create: true });
  return {
    write: async (path, text) => {
      const file = await folder.getFileHandle(path, { create: true });
      const writer = await file.createWritable();
      await writer.write(text);
      await writer.close();
    },
    finish: async () => undefined,
    abandon: () => parent.removeEntry(name, { recursive: true }),
  };
}

export function foldersHere(): boolean {
  return window.showDirectoryPicker !== undefined;
}
