import { describe, expect, it } from 'vitest';
import { runNode } from '../infra/run-node.ts';
import { checkTypes, folderWith } from './setup/project.ts';

const REACT = `
import { type Client, type Conversation, createClient } from '@serverless-im/client';
import { useConnection, useMessages, useTyping } from '@serverless-im/client/react';
import { type FormEvent, useState } from 'react';

const getToken = async (): Promise<string> => (await fetch('/token')).text();
const im: Client = createClient({ wsUrl: 'wss://a.example', httpUrl: 'https://b.example', getToken });

function Talk({ conversation }: { readonly conversation: Conversation }) {
  const { messages, hasEarlier, loadEarlier } = useMessages(conversation);
  const { current } = useConnection(im);
  const typing = useTyping(conversation);
  const [text, setText] = useState('');
  const send = (event: FormEvent) => {
    event.preventDefault();
    conversation.send({ type: 'text', text });
    setText('');
  };
  return (
    <form onSubmit={send}>
      <p>{current}, {typing.length} typing</p>
      {hasEarlier && <button type="button" onClick={() => loadEarlier()}>Earlier</button>}
      <ol>{messages.map((message) => <li key={message.key}>{message.from}</li>)}</ol>
      <input value={text} onChange={({ target }) => setText(target.value)} />
    </form>
  );
}

export const App = () => <Talk conversation={im.direct('bob')} />;
`;

const PROGRAM = `
import { createAdmin } from '@serverless-im/client/admin';
import { createClient } from '@serverless-im/client/desk';
import { liveText } from '@serverless-im/client';
import * as polling from '@serverless-im/client/polling';

export const all = [createAdmin, createClient, liveText, polling] as const;
`;

const ENTRIES = ['', '/react', '/desk', '/polling'].map((entry) => `@serverless-im/client${entry}`);

const RESOLUTIONS = [
  ['nodenext', { module: 'nodenext' }],
  ['bundler', { module: 'preserve', moduleResolution: 'bundler' }],
] as const;

describe('the SDK, installed', () => {
  it.each(RESOLUTIONS)('has types for a React app under %s', async (_, options) => {
    const folder = folderWith({ 'app.tsx': REACT });
    const page = { ...options, jsx: 'react-jsx', lib: ['es2024', 'dom', 'dom.iterable'], types: [] };
    expect(await checkTypes(folder, page)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['an ES module', 'app.ts'],
    ['a CommonJS module', 'app.cts'],
  ])('has types of each entry in %s', async (_, file) => {
    const folder = folderWith({ [file]: PROGRAM });
    const options = { module: 'nodenext', lib: ['es2024', 'dom', 'dom.iterable'], skipLibCheck: true };
    expect(await checkTypes(folder, options)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['imported', 'app.mjs', (entry: string) => `await import('${entry}');`],
    ['required', 'app.cjs', (entry: string) => `require('${entry}');`],
  ])('can be %s, each entry', async (_, file, load) => {
    const folder = folderWith({ [file]: ENTRIES.map(load).join('\n') });
    expect(await runNode(folder, [file])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});
