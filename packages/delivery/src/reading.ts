import { LOG_PAGE_BYTES_MAX, encodePage } from "@sotto/protocol";
import { readable } from "./conversations.ts";
import { Refused, refuse, tooMany } from "./refusal.ts";
import { ANSWERED, type DeviceHandler } from "./service.ts";

/** A page of the log, for whoever may read the conversation now. */
export const pageLog: DeviceHandler<"log.page"> = async (
  service,
  { session, request, identity },
  { conversation, after, limit },
) => {
  const row = await readable(service, identity, conversation);
  if (row instanceof Refused) return row;
  const { more, rows } = await service.ports.store.logPage(row.key, after, limit, LOG_PAGE_BYTES_MAX);
  service.hall.send(session, encodePage(request, more, rows));
  return ANSWERED;
};

/** What a page is checked against: kept beside each entry, so that asking costs one row, wherever in the log. */
export const logHead: DeviceHandler<"log.head"> = async (service, { identity }, { conversation, seq }) => {
  const row = await readable(service, identity, conversation);
  if (row instanceof Refused) return row;
  const head = await service.ports.store.logHead(row.key, seq);
  return head === undefined ? refuse("conversation/unknown") : { head };
};

export const pageInbox: DeviceHandler<"inbox.page"> = ({ ports }, { identity }, { after, limit }) =>
  ports.store.inboxPage(identity.deviceKey, after, limit, LOG_PAGE_BYTES_MAX);

export const acknowledgeInbox: DeviceHandler<"inbox.acknowledge"> = async ({ ports }, { identity }, { upTo }) => {
  await ports.store.inboxAcknowledge(identity.deviceKey, upTo);
  return {};
};

/** Sealed records of the account, whatever the conversation: what one has left can still be read by oneself. */
export const storeArchive: DeviceHandler<"archive.store"> = async ({ ports, limiters }, { identity }, { records }) => {
  const wait = limiters.archive.take(identity.accountKey, records.length);
  if (wait > 0) return tooMany(wait);
  await ports.store.archiveStore(identity.accountKey, identity.deviceKey, records);
  return {};
};

export const pageArchive: DeviceHandler<"archive.page"> = ({ ports }, { identity }, { conversation, after, limit }) =>
  ports.store.archivePage(identity.accountKey, conversation, after, limit);

/** By key, whoever of the account's devices wrote them: a bad record never hides a good one (DL13). */
export const findArchive: DeviceHandler<"archive.find"> = async ({ ports }, { identity }, { conversation, keys }) => ({
  records: await ports.store.archiveFind(identity.accountKey, conversation, keys, LOG_PAGE_BYTES_MAX),
});
