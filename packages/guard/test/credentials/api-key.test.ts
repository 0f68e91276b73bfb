import { apiKey, apiKeyId, userId } from '@fieldgate/guard';
import { describe, expect, it } from 'vitest';

const claims = {
  keyId: apiKeyId('k1'),
  userId: userId('ada'),
  role: 'USER',
  scopes: ['account:read'],
  expiresAt: 900,
};
const viewer = {
  kind: 'account',
  id: 'ada',
  role: 'USER',
  scopes: ['account:read'],
  sessionId: null,
  apiKeyId: 'k1',
  via: 'api-key',
  expiresAt: 900,
};
const withHeader = (value: string | null) => ({ header: (name: string) => (name === 'x-api-key' ? value : null) });
const authenticator = apiKey({
  verify: (key) => (key === 'good' ? { kind: 'valid', claims } : { kind: 'invalid', reason: 'TOKEN_EXPIRED' }),
});

describe('X-API-Key', () => {
  it.each([
    [null, { kind: 'absent' }],
    ['', { kind: 'absent' }],
    ['  ', { kind: 'absent' }],
    ['good', { kind: 'accepted', viewer }],
    [' good\t', { kind: 'accepted', viewer }],
    ['bad', { kind: 'rejected', reason: 'TOKEN_EXPIRED' }],
    ['good, good', { kind: 'ambiguous' }],
    ['good,', { kind: 'ambiguous' }],
  ])('%j is %j, at once', (value, expected) => {
    expect(authenticator(withHeader(value))).toEqual(expected);
  });

  it('waits for an asynchronous verify, and throws what verify throws', async () => {
    const later = apiKey({ verify: async () => ({ kind: 'valid', claims }) });
    expect(await later(withHeader('x'))).toEqual({ kind: 'accepted', viewer });
    const down = apiKey({
      verify: () => {
        throw new Error('down');
      },
    });
    expect(() => down(withHeader('x'))).toThrow('down');
  });
});
