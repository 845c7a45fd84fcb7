/**
 * The version of what is stored in tables, queues, and buckets. Raised with every change of a stored shape, with a row in
 * docs/upgrading.md that says what the change means to an operator (docs/adr/0062-an-upgrade-promise.md).
 */
export const DATA_VERSION = 2;
