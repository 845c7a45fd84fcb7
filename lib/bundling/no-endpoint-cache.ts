/**
 * Replaces `@aws-sdk/endpoint-cache`, the cache of endpoint discovery, in the handlers' bundles: 8 KB that no client of
 * ours uses.
 */
export class EndpointCache {}
