import { useEffect, useMemo } from "react";
import type { Engine, Folder, PictureId, Preferences } from "@sotto/engine";
import { useEngine } from "./live.ts";
import { Query, useQuery } from "./query.ts";
import type { Loaded } from "./query.ts";

/** What a person arranged for themselves, and pictures, as the screens see them. One for each engine. */
class Own {
  readonly folders: Query<Folder[]>;
  readonly preferences: Query<Preferences>;
  readonly #engine: Engine;
  readonly #pictures = new Map<PictureId, Query<string | null>>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.folders = new Query(() => engine.folders());
    this.preferences = new Query(() => engine.preferences());
    engine.subscribe(({ kind }) => {
      if (kind === "folders" && this.folders.isWatched) void this.folders.refresh();
      if (kind === "preferences" && this.preferences.isWatched) void this.preferences.refresh();
      if (kind === "session") this.#forget();
    });
  }

  picture(id: PictureId): Query<string | null> {
    const known = this.#pictures.get(id);
    if (known !== undefined) return known;
    const query = new Query(() => this.#address(id));
    this.#pictures.set(id, query);
    void query.refresh();
    return query;
  }

  /** An address that only this page knows. The bytes of one id never change. */
  async #address(id: PictureId): Promise<string | null> {
    const bytes = await this.#engine.picture({ picture: id });
    return bytes === null ? null : URL.createObjectURL(new Blob([Uint8Array.from(bytes)], { type: typeOf(bytes) }));
  }

  /** Another account's are no answer. */
  #forget(): void {
    this.folders.forget();
    this.preferences.forget();
    for (const query of this.#pictures.values()) {
      const state = query.state();
      if (state.kind === "ready" && state.value !== null) URL.revokeObjectURL(state.value);
    }
    this.#pictures.clear();
    for (const query of [this.folders, this.preferences]) if (query.isWatched) void query.refresh();
  }
}

/** By the first bytes, never by what somebody says that they are; the engine lets no others in. */
function typeOf(bytes: Uint8Array): string {
  if (bytes[0] === 0x89) return "image/png";
  return bytes[0] === 0xff ? "image/jpeg" : "image/webp";
}

const owns = new WeakMap<Engine, Own>();

function useOwn(): Own {
  const engine = useEngine();
  return useMemo(() => {
    const own = owns.get(engine) ?? new Own(engine);
    owns.set(engine, own);
    return own;
  }, [engine]);
}

function useFresh<T>(query: Query<T>): Loaded<T> {
  useEffect(() => void query.refresh(), [query]);
  return useQuery(query);
}

export function useFolders(): Loaded<Folder[]> {
  return useFresh(useOwn().folders);
}

export function usePreferences(): Loaded<Preferences> {
  return useFresh(useOwn().preferences);
}

const NONE = new Query<string | null>(async () => null);

/** The address of a picture; null while it isn't there, or there is none. */
export function usePicture(id: PictureId | null): string | null {
  const own = useOwn();
  const state = useQuery(id === null ? NONE : own.picture(id));
  return state.kind === "ready" ? state.value : null;
}
