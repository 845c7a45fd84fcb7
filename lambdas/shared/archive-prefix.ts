/** The prefix of all objects of the archive. This file has no imports: the construct grants by it. */
export const ARCHIVE_PREFIX = 'messages/';
