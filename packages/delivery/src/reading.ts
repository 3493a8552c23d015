import { LOG_PAGE_BYTES_MAX, encodePage } from "@sotto/protocol";
import { readable } from "./conversations.ts";
import { Refused, tooMany } from "./refusal.ts";
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
