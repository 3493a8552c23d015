/** Limits of the product (docs/spec/limits.md). Bytes unless the name says otherwise. They are code, never data. */
export const PROTOCOL_VERSION = 1;

export const POST_BYTES_MAX = 64 * 1024;
/** A sealed post: content, context, padding and MLS framing. */
export const APPLICATION_BYTES_MAX = 96 * 1024;
export const COMMIT_BYTES_MAX = 2 * 1024 * 1024;
export const WELCOME_BYTES_MAX = 256 * 1024;
export const TREE_BYTES_MAX = 4 * 1024 * 1024;
export const GROUP_INFO_BYTES_MAX = 64 * 1024;
export const TREE_CHUNKS_MAX = 1024;
export const EXTENSION_BYTES_MAX = 64 * 1024;
/** One frame in either direction. A bundle for 1,000 leaves fits: commit + tree + group info + welcomes. */
export const FRAME_BYTES_MAX = 8 * 1024 * 1024;

export const LEAVES_MAX = 1_000;
export const PROPOSALS_MAX = 256;
export const WELCOMES_MAX = 1_000;
export const DEVICES_MAX = 10;
export const KEY_PACKAGES_MAX = 100;
export const KEY_PACKAGE_BYTES_MAX = 32 * 1024;
/** A key package is valid for 30 days at most. */
export const KEY_PACKAGE_LIFETIME_SECONDS = 30 * 24 * 60 * 60;

export const STATEMENT_BYTES_MAX = 1024;
export const CHAIN_STATEMENTS_MAX = 256;
/** All statements of a chain together, so that it fits into the extension of a leaf. */
export const CHAIN_BYTES_MAX = 62 * 1024;
export const VAULT_BYTES_MAX = 4096;

/** Chains whose lengths are compared in one request. */
export const CHAINS_COMPARED_MAX = 1_000;
/** Archive records asked for by key in one request. */
export const ARCHIVE_FIND_KEYS_MAX = 256;
/** One message between the two sides of a link: a sealed chain and archive keys fit. */
export const LINK_MESSAGE_BYTES_MAX = 320 * 1024;
/** A link's code is taken within this time or gone; the whole ceremony has the second. */
export const LINK_CODE_SECONDS = 60;
export const LINK_CEREMONY_SECONDS = 5 * 60;
/** What the other devices of an account have before a reclaim is complete. */
export const RECLAIM_NOTICE_SECONDS = 24 * 60 * 60;
/** How often one device may announce one. */
export const RECLAIMS_ANNOUNCED_MAX = 8;
/** So many commits behind, a device enters anew first and reads what it missed afterwards. */
export const FAR_BEHIND_COMMITS = 500;

export const USERNAME_LENGTH_MIN = 3;
export const USERNAME_LENGTH_MAX = 32;
export const ROOM_NAME_LENGTH_MIN = 2;
export const ROOM_NAME_LENGTH_MAX = 32;
/** Unicode code points. */
export const DISPLAY_NAME_LENGTH_MAX = 64;
export const STATUS_LENGTH_MAX = 80;
/** Every signal has this size, whatever it says. */
export const SIGNAL_BYTES = 256;
/** Where more people are, nobody is told who is writing or how far somebody has read. */
export const PRESENCE_PEOPLE_MAX = 32;
export const CONVERSATION_NAME_LENGTH_MAX = 100;
export const CONVERSATION_TOPIC_LENGTH_MAX = 500;
/** A picture of a conversation or a person: JPEG, PNG or WebP. */
export const PICTURE_BYTES_MAX = 24 * 1024;
/** Pixels of either side: what so few bytes unpack to is bounded by nothing else. */
export const PICTURE_SIDE_MAX = 512;
/** Links by which people come into one conversation, those that haven't run out. */
export const INVITES_MAX = 20;
/** What a link leads to, sealed, and what somebody asks by it. */
export const INVITE_PREVIEW_BYTES_MAX = 4 * 1024;
export const JOIN_REQUEST_BYTES_MAX = 1024;
/** People who wait to be let into one conversation, and how long they do. */
export const JOIN_REQUESTS_MAX = 500;
export const JOIN_REQUEST_DAYS_MAX = 30;
export const INVITE_SECONDS_MAX = 366 * 24 * 3600;

export const LOG_PAGE_ENTRIES_MAX = 256;
export const LOG_PAGE_BYTES_MAX = 4 * 1024 * 1024;
export const INBOX_PAGE_ITEMS_MAX = 64;

/** How far a sender's ratchet may be moved forward for one post (RFC 9420 §15.3). */
export const GENERATION_STEPS_MAX = 200;
