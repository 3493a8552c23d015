/** After everything that a timeline holds or will hold: read up to here is all; unread from here is the mark alone. */
export const NEWEST = Number.MAX_SAFE_INTEGER;
