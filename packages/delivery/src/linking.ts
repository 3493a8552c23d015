import { refuse, tooMany } from "./refusal.ts";
import type { DeviceHandler, OpenHandler } from "./service.ts";

/** The four operations of a link between a new device and an old one (DL19). A code that isn't one's own doesn't exist. */
export const openLink: OpenHandler<"link.open"> = ({ links, limiters }, { session }, { commitment }) => {
  const wait = limiters.links.take(session.peer.address);
  if (wait > 0) return Promise.resolve(tooMany(wait));
  return Promise.resolve(links.open(session, commitment) ?? tooMany(1_000));
};

/** Guesses are counted by account: a code has 40 bits and lives a minute. */
export const claimLink: DeviceHandler<"link.claim"> = ({ links, limiters }, { session, identity }, { code }) => {
  const wait = limiters.linkClaims.take(identity.accountKey);
  if (wait > 0) return Promise.resolve(tooMany(wait));
  const commitment = links.claim(session, code);
  if (commitment === undefined) return Promise.resolve(refuse("link/unknown"));
  limiters.linkClaims.giveBack(identity.accountKey, 1);
  return Promise.resolve({ commitment });
};

export const sendLink: OpenHandler<"link.send"> = ({ links }, { session }, { code, message }) =>
  Promise.resolve(links.send(session, code, message) ? {} : refuse("link/unknown"));

export const cancelLink: OpenHandler<"link.cancel"> = ({ links }, { session }, { code }) =>
  Promise.resolve(links.cancel(session, code) ? {} : refuse("link/unknown"));
