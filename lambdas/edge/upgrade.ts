/** What `authorize` and `$connect` read of their events (fixtures `websocket-authorizer.json`, `websocket-connect.json`). */
export interface UpgradeEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
}

/** Header names come as the client wrote them. */
export function header({ headers }: UpgradeEvent, name: string): string | undefined {
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}
