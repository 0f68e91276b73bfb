import { describe, expect, it } from 'vitest';
import { bearer, sessionId, userId } from '../../src/index.ts';

const ask = (ofToken: number | undefined, ofAccount: number | undefined) =>
  bearer({
    verify: () => ({
      kind: 'valid',
      claims: {
        ...{ userId: userId('ada'), role: 'USER', scopes: [], sessionId: sessionId('laptop'), expiresAt: null },
        accountVersion: ofToken,
      },
    }),
    checkSession: () => ({ kind: 'live', role: 'USER', accountVersion: ofAccount }),
  })({ header: (name) => (name === 'authorization' ? 'Bearer token' : null) });

describe('the version of the account', () => {
  it.each([
    ['older than the account', 1, 2],
    ['newer than what the store knows', 3, 2],
    ['of no version', undefined, 2],
  ])('R15: makes a token that is %s TOKEN_STALE', (_, ofToken, ofAccount) => {
    expect(ask(ofToken, ofAccount)).toEqual({ kind: 'rejected', reason: 'TOKEN_STALE' });
  });

  it.each([
    ['the same', 2, 2],
    ['unknown to the store', 2, undefined],
  ])('accepts a token whose version is %s, and the viewer carries it', (_, ofToken, ofAccount) => {
    expect(ask(ofToken, ofAccount)).toMatchObject({ kind: 'accepted', viewer: { accountVersion: ofToken } });
  });
});
