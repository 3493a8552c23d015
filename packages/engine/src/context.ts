import type { ChainJudge, LeafKey } from "@sotto/mls";
import type { AccountId, ConversationId, DeviceId } from "@sotto/protocol";
import type { Change } from "./api.ts";
import type { Connection } from "./connection.ts";
import type { People } from "./people/people.ts";
import type { Ports, Store } from "./ports.ts";
import type { Preview } from "./history/preview.ts";
import type { SyncState } from "./sync/sync-state.ts";

/** What every part of a signed-in engine shares. */
export interface Context {
  readonly ports: Ports;
  readonly store: Store;
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly leafKey: LeafKey;
  readonly judge: ChainJudge;
  readonly people: People;
  /** What all own devices share. */
  readonly sync: SyncState;
  /** Conversations that this device hasn't entered yet, as far as something can be shown of them (preview.ts). */
  readonly previews: Map<ConversationId, Preview>;
  /** The account's own chain as one byte string, for new leaves. */
  ownChain(): Uint8Array;
  displayName(): string | null;
  /** Seconds, by the server's clock as far as it may correct this device's: for what a statement says, and nothing else. */
  statementTime(): number;
  /** Newest generation of the archive key, and its number. */
  archiveKey(): { generation: number; key: Uint8Array };
  /** The key of any generation that this device was given. */
  archiveKeyOf(generation: number): Uint8Array | undefined;
  /** Rejects with connection/unreachable while the device isn't signed in to the server. */
  online(): Connection;
  isOnline(): boolean;
  /** Which connection this is, counted: what was true on one needn't be on the next. */
  connectionNumber(): number;
  emit(change: Change): void;
  /** This life began after an unclean end, and the conversation hasn't been read to where it was then: what is read is marked first. */
  careful(conversation: ConversationId): boolean;
}
