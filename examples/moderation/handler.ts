/**
 * A hook (IM-HOOK): looks at each message before it is stored. Refuses words of a list, and hides card numbers.
 *
 *     npm start -- -c beforeSend=examples/moderation/handler.ts
 *
 * Then send "badword" from the web page, or by `npm run chat -- alice bob`.
 */
import words from './words.json' with { type: 'json' };

/** The event: docs/protocol.md, section 19. */
interface Question {
  readonly from: string;
  readonly conversationId: string;
  readonly content: Content;
}
type Content =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'custom'; readonly data: unknown; readonly fallback?: string };
type Verdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'reject'; readonly reason: string }
  | { readonly verdict: 'rewrite'; readonly content: Content };

/** Whole words only, in any case: `Badword!`, but not `badwords`. */
const LISTED = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.map(escaped).join('|')})(?![\\p{L}\\p{N}])`, 'iu');
const CARD = /\b(?:\d[ -]?){12,15}(\d{4})\b/g;

export async function handler({ content }: Question): Promise<Verdict> {
  // Compatibility forms, so that wide or decorated letters are found, too.
  const shown = textOf(content).normalize('NFKC');
  if (LISTED.test(shown)) return { verdict: 'reject', reason: 'Please keep it friendly.' };
  if (content.type !== 'text') return { verdict: 'accept' };
  const text = content.text.replace(CARD, '•••• $1');
  return text === content.text
    ? { verdict: 'accept' }
    : { verdict: 'rewrite', content: { type: 'text', text } };
}

/** What a reader may see: of custom content its fallback and its data. */
function textOf(content: Content): string {
  if (content.type === 'text') return content.text;
  return `${content.fallback ?? ''} ${JSON.stringify(content.data)}`;
}

function escaped(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '\\s+');
}
