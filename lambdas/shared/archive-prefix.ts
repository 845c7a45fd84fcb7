/** What the names of all archived objects begin with. This file has no imports: the construct grants by it. */
export const ARCHIVE_PREFIX = 'messages/';
