import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { ImError, InvalidRequestError, UnavailableError } from '../../../lambdas/shared/errors.ts';
import { parseJson } from '../../../lambdas/shared/json.ts';
import { describe as describeError } from '../../../lambdas/shared/logger.ts';
import { parseWith } from '../../../lambdas/shared/parse.ts';

describe('an error in the log', () => {
  it('keeps its name, message, and stack, and those of its cause', () => {
    const cause = Object.assign(new TypeError('cut'), { Item: { content: 'secret' } });
    const error = new UnavailableError({ cause });
    expect(describeError(error)).toEqual({
      name: 'UnavailableError',
      message: error.message,
      stack: error.stack,
      cause: { name: 'TypeError', message: 'cut', stack: cause.stack },
    });
  });

  it('is named after its code, since bundling takes the names of classes away', () => {
    class Minified extends ImError {}
    expect(describeError(new Minified('payload_too_large', 'words'))).toMatchObject({
      name: 'PayloadTooLargeError',
    });
  });

  it('has no stack or cause if the error has none', () => {
    const error = new Error('cut');
    delete error.stack;
    expect(Object.keys(describeError(error))).toEqual(['name', 'message']);
  });

  it('names the fields of an invalid request and never their values (IM-REFUSE-11)', () => {
    const issues = [{ path: 'to', message: 'words' }];
    expect(describeError(new InvalidRequestError(issues))).toMatchObject({ issues });
    expect(describeError(new Error('cut'))).not.toHaveProperty('issues');
  });

  it('is logged only as its type if the thrown value is not an error (IM-REFUSE-11)', () => {
    expect(describeError('secret')).toEqual({
      name: 'string',
      message: expect.not.stringContaining('secret'),
    });
  });
});

describe('an invalid request', () => {
  const issuesOf = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return error instanceof InvalidRequestError ? error.issues : error;
    }
    return undefined;
  };

  it('is refused without quoting its text (IM-REFUSE-11)', () => {
    expect(issuesOf(() => parseJson('secret'))).toEqual([
      { path: '', message: expect.not.stringContaining('secret') },
    ]);
    expect(parseJson('[1]')).toEqual([1]);
  });

  it('is refused with the path of each field (IM-FRAME-3)', () => {
    const schema = () => z.object({ a: z.object({ b: z.number() }), c: z.string() });
    const issues = issuesOf(() => parseWith(schema, { a: { b: '1' } }));
    expect(issues).toEqual([
      { path: 'a.b', message: expect.any(String) },
      { path: 'c', message: expect.any(String) },
    ]);
  });
});
