/** Where the page may send anything, as origins (`https://api.example.com`, `wss://…`). */
export interface PageOrigins {
  readonly connect: readonly string[];
  /** Whether other pages may show this one in a frame: the customer's widget is made for that. @default false */
  readonly isEmbeddable?: boolean;
}

/**
 * The page runs its own files and nothing else: no inline script or style, no markup made from strings, no frame around
 * it, but for the widget's. Whatever a message holds, and whatever slips through a library, has nowhere to run and nowhere to send to.
 */
export function contentSecurityPolicy({ connect, isEmbeddable = false }: PageOrigins): string {
  const directives: Readonly<Record<string, readonly string[]>> = {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'img-src': ["'self'"],
    'connect-src': ["'self'", ...new Set(connect)],
    'frame-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': [isEmbeddable ? '*' : "'none'"],
    'require-trusted-types-for': ["'script'"],
    'trusted-types': ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, values]) => [name, ...values].join(' '))
    .join('; ');
}

/** Views of the one page, each with a path of its own: what is served there is `index.html`. */
export const VIEWS: Readonly<Record<string, { readonly isEmbeddable: boolean }>> = {
  desk: { isEmbeddable: false },
  widget: { isEmbeddable: true },
};

/** Files whose names hold a hash of their content; all others are asked for again each time. */
export const IMMUTABLE_PATH = 'assets/';
export const IMMUTABLE_CACHE = 'public, max-age=31536000, immutable';
export const REVALIDATED_CACHE = 'no-cache';
