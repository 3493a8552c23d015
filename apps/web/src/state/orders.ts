/**
 * After everything that a timeline's log holds or will hold, and before what waits to be sent: read up to here is all; unread from here
 * is the mark alone.
 */
export const NEWEST = 2 ** 50 - 1;
