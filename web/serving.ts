/** The origins that the page may connect to (`https://api.example.com`, `wss://…`). */
export interface PageOrigins {
  readonly connect: readonly string[];
  /** Origins whose pages may embed this one in a frame (`'self'` is its own). @default none */
  readonly frameAncestors?: readonly string[];
  /** The origin of the bucket of files: the page uploads to it, and shows its pictures, sounds, and videos. @default none */
  readonly files?: string | undefined;
}

/** Returns the origins that may embed the customer's widget: the page's own, and these. */
export function widgetAncestors(widgetOrigins: readonly string[]): readonly string[] {
  return ["'self'", ...widgetOrigins];
}

/**
 * The page runs only its own files: no inline script or style, no markup from strings, and no page may embed it (except
 * the widget). So injected code, from a message or a library, can't run. Pictures may come from any https address. Files of
 * messages are pictures, sounds, and videos at most: no frame and no object may show one.
 */
export function contentSecurityPolicy({ connect, frameAncestors = [], files }: PageOrigins): string {
  // `blob:`: the files of this device, before they are sent.
  const media = files === undefined ? [] : [files, 'blob:'];
  const directives: Readonly<Record<string, readonly string[]>> = {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    // Users' pictures, from wherever they are: a profile has an https URL.
    'img-src': ["'self'", 'https:', ...media],
    ...(media.length > 0 && { 'media-src': media }),
    // The service worker of notifications.
    'worker-src': ["'self'"],
    'connect-src': ["'self'", ...new Set([...connect, ...(files === undefined ? [] : [files])])],
    'frame-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': frameAncestors.length > 0 ? frameAncestors : ["'none'"],
    'require-trusted-types-for': ["'script'"],
    // Its address is the only one that may load code at run time (web/src/notifications/worker.ts).
    'trusted-types': ['service-worker'],
  };
  return Object.entries(directives)
    .map(([name, values]) => [name, ...values].join(' '))
    .join('; ');
}

/**
 * The paths that serve `index.html`, one per view. The headers, and with them who may embed the view, go by the path. So
 * the page chooses its view by the path as well, before any query.
 */
export const VIEWS: Readonly<Record<string, { readonly isEmbeddable: boolean }>> = {
  desk: { isEmbeddable: false },
  widget: { isEmbeddable: true },
};

/** File names here contain a hash of the content. All other files are revalidated on each load. */
export const IMMUTABLE_PATH = 'assets/';
export const IMMUTABLE_CACHE = 'public, max-age=31536000, immutable';
export const REVALIDATED_CACHE = 'no-cache';
