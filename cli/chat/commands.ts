import { type Client, changeSettings, type OwnMessage } from '../../client/src/index.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { saveLatest, sendFileAt, typedPath } from './files.ts';

/** What a line may command. Any other line is a message, unless it looks like a command. */
export const COMMANDS = '/file PATH, /save [FOLDER], /name NAME, /block, /unblock, /mute, /unmute, /help';

const HELP = `Commands: ${COMMANDS}. To send a line that begins with a slash, put a space before it.`;
const MARKS_HELP =
  'Behind your messages, as of when the line was printed: … on its way, ✓ stored, ✓✓ read, ✗ not sent.';

type Command = (im: Client, peer: string, rest: string, follow: Follow) => Promise<string>;

/** Shows what becomes of a message that a command has sent. */
type Follow = (message: OwnMessage) => void;

const commands: Readonly<Record<string, Command>> = {
  help: async () => `${HELP} ${MARKS_HELP}`,
  file: async (im, peer, path, follow) => {
    if (path === '') throw new Error(HELP);
    follow(await sendFileAt(im, peer, typedPath(path)));
    return `sending ${path}`;
  },
  save: async (im, peer, folder) => {
    const paths = await saveLatest(im, peer, typedPath(folder) || '.');
    return paths.length === 0 ? 'none of the last messages has a file' : `saved ${paths.join(', ')}`;
  },
  name: async (im, _, name) => {
    if ([...name].length > LIMITS.personNameChars)
      throw new Error(`a name has at most ${LIMITS.personNameChars} characters`);
    // The server replaces the whole profile.
    const { avatar, custom } = (await im.profile.get()) ?? {};
    const set = await im.profile.set({ avatar, custom, ...(name !== '' && { name }) });
    return set.name === undefined ? 'you have no name now' : `you are ${set.name} now`;
  },
  block: async (im, peer) => {
    await im.blocks.add(peer);
    return `${peer} can't write to you any more`;
  },
  unblock: async (im, peer) => {
    await im.blocks.remove(peer);
    return `${peer} can write to you again`;
  },
  mute: async (im, peer) => {
    await changeSettings(im.direct(peer), { muted: true });
    return 'this conversation is muted';
  },
  unmute: async (im, peer) => {
    await changeSettings(im.direct(peer), { muted: false });
    return 'this conversation is no longer muted';
  },
};

/** Does what a line commands, and resolves to a line about it, or rejects. Undefined: it commands nothing. */
export function commanded(
  im: Client,
  peer: string,
  line: string,
  follow: Follow,
): Promise<string> | undefined {
  const [, name, rest = ''] = /^\/([a-z]+)(?:\s+(.*))?$/.exec(line.trimEnd()) ?? [];
  if (name === undefined) return undefined;
  return Object.hasOwn(commands, name)
    ? commands[name]?.(im, peer, rest, follow)
    : Promise.reject(new Error(HELP));
}
