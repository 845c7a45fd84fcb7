import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  askForm,
  directId,
  type File,
  type Form,
  linksTo,
  postForm,
  sendingFile,
  uploadFile,
} from './setup/small-files.ts';
import { newUser, type Stack, sharedStack } from './setup/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await sharedStack();
});
afterAll(() => stack?.stop());

async function newPair() {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  return { alice, bob, socket: await stack.join(alice), conversationId: directId(alice, bob) };
}

/** Sends a file to Bob. @returns how he gets it */
async function received(file: File) {
  const { alice, bob, socket, conversationId } = await newPair();
  const id = await uploadFile(stack, alice, bob, file);
  const { seq } = await socket.request(sendingFile(bob, id));
  const { body } = await linksTo(stack, bob, conversationId, seq);
  const url: string = body.attachments[0].url;
  const response = await fetch(url);
  const { headers } = response;
  return {
    url,
    headers,
    status: response.status,
    text: await response.text(),
    type: headers.get('content-type'),
    disposition: headers.get('content-disposition') ?? '',
  };
}

/** A form with other fields. */
const changed = ({ url, fields }: Form, others: Readonly<Record<string, string>>): Form => ({
  url,
  fields: { ...fields, ...others },
});

const PAGE = '<html><script>alert(document.cookie)</script></html>';

describe('a file that is not what it says', () => {
  it('is never a page: HTML that says it is a picture is shown as a picture (IM-FILE-3)', async () => {
    const { type, disposition, text } = await received({ name: 'cat.png', type: 'image/png', bytes: PAGE });
    expect(text).toBe(PAGE);
    expect(type).toBe('image/png');
    expect(disposition).toMatch(/^inline; /);
  });

  it.each([
    ['page.html', 'text/html'],
    ['cat.svg', 'image/svg+xml'],
    ['cat.xml', 'application/xhtml+xml'],
    ['run.js', 'text/javascript'],
  ])('downloads as bytes if a browser would run it: %s (IM-FILE-3)', async (name, type) => {
    const got = await received({ name, type, bytes: PAGE });
    expect(got.type).toBe('application/octet-stream');
    expect(got.disposition).toBe(`attachment; filename*=UTF-8''${name}`);
  });

  it.each([
    ['of letters in the other direction', 'gnp.\u202Etxt.exe', 'gnp.%E2%80%AEtxt.exe'],
    ['with quotes, and a comma', `a"b';,.png`, 'a%22b%27%3B%2C.png'],
    ['with signs of a path', '../../a\\b.png', null],
  ])('has no name that changes the header: %s (IM-FILE-3)', async (_, name, expected) => {
    const { alice, bob } = await newPair();
    const { status } = await askForm(stack, alice, bob, { name, type: 'image/png' });
    if (status !== 201) return expect(status).toBe(400);
    const { disposition, headers } = await received({ name, type: 'image/png' });
    if (expected !== null) expect(disposition).toBe(`inline; filename*=UTF-8''${expected}`);
    expect(disposition).toMatch(/^inline; filename\*=UTF-8''[\w.%!#$&+^`|~-]*$/);
    expect(headers.get('set-cookie')).toBeNull();
  });

  it.each([
    ['a line break', 'a\r\nset-cookie: x=1'],
    ['a thousand letters', 'x'.repeat(1_000)],
    ['nothing', ''],
  ])('is refused with a name of %s (IM-FILE-1)', async (_, name) => {
    const { alice, bob } = await newPair();
    expect(await askForm(stack, alice, bob, { name })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });

  it.each(['text/html\r\nx: y', 'image', '', `image/${'x'.repeat(500)}`])(
    'is refused with the type %j (IM-FILE-1)',
    async (type) => {
      const { alice, bob } = await newPair();
      expect(await askForm(stack, alice, bob, { type })).toMatchObject({ status: 400 });
    },
  );
});

describe('a form', () => {
  it('takes nothing by a policy that was changed, or is another form’s (IM-FILE-1)', async () => {
    const { alice, bob } = await newPair();
    const { body } = await askForm(stack, alice, bob);
    const form: Form = body.upload;
    // S3 takes the names of fields in any case.
    const name = Object.keys(form.fields).find((one) => one.toLowerCase() === 'policy') ?? '';
    const text = Buffer.from(form.fields[name] ?? '', 'base64').toString();
    const wider = Buffer.from(text.replace(/"content-length-range",\d+,\d+/, '"content-length-range",0,9'));
    expect(wider.toString()).not.toBe(text);
    const forged = changed(form, { [name]: wider.toString('base64') });
    expect(await postForm(forged)).toEqual([403, 'SignatureDoesNotMatch']);
    const other = await askForm(stack, alice, bob);
    expect(await postForm(changed(form, { [name]: other.body.upload.fields[name] }))).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
  });
});
