import { ROLE, type Role, type Roster } from "./roster.ts";

/**
 * Who may do what by role: the one place that says it. Members hold every commit against it, the delivery service what it sees of a
 * change (the roster), and the screens show what it allows. `undefined` stands for an account that isn't listed.
 */

type Listed = Role | undefined;

/** Groups of the first release have no owner: there admins act as owners do. */
export function hasOwner(accounts: Roster): boolean {
  return accounts.some(([, role]) => role === ROLE.owner);
}

/** May manage: members, rules, name, topic, picture, invitations. */
export function isManager(role: Listed): boolean {
  return role === ROLE.admin || role === ROLE.owner;
}

/** May make and unmake admins and owners. @param owned does the conversation have an owner? */
export function actsAsOwner(role: Listed, owned: boolean): boolean {
  return role === ROLE.owner || (role === ROLE.admin && !owned);
}

/**
 * May somebody change what another account is? Owners everything; admins among those who are neither admin nor owner. Adding whom
 * nobody banned (`from` undefined, `to` member) is the rule "add" and asked apart, as is leaving.
 */
export function mayChangeRole(by: { role: Listed; owned: boolean }, from: Listed, to: Listed): boolean {
  if (actsAsOwner(by.role, by.owned)) return true;
  return by.role === ROLE.admin && !isManager(from) && !isManager(to);
}

/** Nobody is held in a role: to a lower one everybody may step. (Leaving takes a signed statement, banning oneself means nothing.) */
export function mayStepDown(from: Listed, to: Listed): boolean {
  return isManager(from) && to !== undefined && to !== ROLE.banned && to < from!;
}

/** Is something allowed that is for everybody, or for those who manage? */
export function mayByRule(who: "admins" | "members", role: Listed): boolean {
  return role !== ROLE.banned && (who === "members" || isManager(role));
}
