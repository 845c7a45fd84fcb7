/**
 * In the place of `@aws-sdk/endpoint-cache`, which holds what endpoint discovery finds: 8 KB, and no client of ours discovers
 * endpoints.
 */
export class EndpointCache {}
