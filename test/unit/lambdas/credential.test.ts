import { describe, expect, it } from 'vitest';
import {
  acceptedSubprotocol,
  credentialOf,
  encodingOf,
} from '../../../lambdas/domain/sessions/credential.ts';

describe('the credential of an upgrade', () => {
  it.each([
    ['subprotocols', { subprotocols: 'im.v1, im.token.a.b.c', authorization: undefined }],
    ['subprotocols in another order', { subprotocols: 'im.token.a.b.c,im.v1', authorization: undefined }],
    ['a bearer header', { subprotocols: undefined, authorization: 'Bearer a.b.c' }],
    ['a bearer header in lower case', { subprotocols: 'im.v1', authorization: 'bearer a.b.c' }],
  ])('is accepted in %s (IM-CONN-1)', (_, credentials) => {
    expect(credentialOf(credentials)).toBe('a.b.c');
  });

  it.each([
    ['none', { subprotocols: undefined, authorization: undefined }],
    ['im.v1 alone', { subprotocols: 'im.v1', authorization: undefined }],
    ['a token without im.v1', { subprotocols: 'im.token.a.b.c', authorization: undefined }],
    ['two credentials', { subprotocols: 'im.v1, im.token.a.b.c', authorization: 'Bearer a.b.c' }],
    ['two token subprotocols', { subprotocols: 'im.v1, im.token.a, im.token.b', authorization: undefined }],
    ['another scheme', { subprotocols: undefined, authorization: 'Basic YTpi' }],
    ['an empty bearer', { subprotocols: undefined, authorization: 'Bearer ' }],
    ['two words', { subprotocols: undefined, authorization: 'Bearer a b' }],
  ])('is refused: %s (IM-CONN-1, IM-REFUSE-13)', (_, credentials) => {
    expect(() => credentialOf(credentials)).toThrow(expect.objectContaining({ code: 'unauthorized' }));
  });

  it('is never echoed: the accepted subprotocol is im.v1 or im.v1.pb (IM-CONN-1, IM-PB)', () => {
    expect(acceptedSubprotocol('im.token.a.b.c, im.v1')).toBe('im.v1');
    expect(acceptedSubprotocol('im.token.a.b.c, im.v1.pb, im.v1')).toBe('im.v1.pb');
    expect(acceptedSubprotocol('chat')).toBeUndefined();
    expect(acceptedSubprotocol(undefined)).toBeUndefined();
  });

  it('may come with im.v1.pb, which makes frames Protobuf (IM-PB)', () => {
    const credentials = { subprotocols: 'im.v1.pb, im.token.a.b.c', authorization: undefined };
    expect(credentialOf(credentials)).toBe('a.b.c');
    expect([credentials.subprotocols, 'im.v1, im.v1.pb', undefined].map(encodingOf)).toEqual([
      'protobuf',
      undefined,
      undefined,
    ]);
  });
});
