const VIEWS = ['demo', 'desk', 'widget'] as const;

export type View = (typeof VIEWS)[number];

/**
 * The view at an address; `undefined` for the chat itself. Views have a path where the server supports it, and a query
 * everywhere else. The path decides: other pages may embed `/widget`, so no query may turn it into the agents' desk.
 */
export function viewAt({ pathname, search }: Pick<Location, 'pathname' | 'search'>): View | undefined {
  const query = new URLSearchParams(search);
  return VIEWS.find((name) => pathname.endsWith(`/${name}`)) ?? VIEWS.find((name) => query.has(name));
}
