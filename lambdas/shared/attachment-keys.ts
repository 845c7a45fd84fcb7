/* The names of objects in the bucket of attachments. This file has no imports: the construct grants by the prefixes. */

/** What was uploaded, `pending/<user>/<attachmentId>`. The bucket deletes it after a day. */
export const PENDING_PREFIX = 'pending/';
/** What belongs to messages, `sent/<user>/<message>/<attachmentId>`. */
export const SENT_PREFIX = 'sent/';
/** The ending of a thumbnail's name. */
export const THUMBNAIL = '.thumbnail';
