import { type Authentication, type CredentialSource, createAuthenticate, userId } from '@fieldgate/guard';
import { describe, expect, it } from 'vitest';

const absent: Authentication = { kind: 'absent' };
const rejected: Authentication = { kind: 'rejected', reason: 'TOKEN_INVALID' };
const ambiguous: Authentication = { kind: 'ambiguous' };
const accepted: Authentication = {
  kind: 'accepted',
  viewer: {
    kind: 'account',
    id: userId('ada'),
    role: 'USER',
    scopes: [],
    sessionId: null,
    via: 'test',
    expiresAt: null,
  },
};

const noSource: CredentialSource = { header: () => null };

const table: readonly (readonly [string, readonly Authentication[], Authentication])[] = [
  ['no authenticator is absent', [], absent],
  ['none present is absent', [absent, absent], absent],
  ['one accepted is accepted', [absent, accepted, absent], accepted],
  ['T22: one rejected is rejected, not anonymous', [absent, rejected, absent], rejected],
  ['one ambiguous is ambiguous', [absent, ambiguous], ambiguous],
  ['Z14: two accepted are ambiguous, also for the same account', [accepted, accepted], ambiguous],
  ['Z14: a bad credential beside a good one is ambiguous', [accepted, rejected], ambiguous],
  ['two rejected are ambiguous', [rejected, rejected], ambiguous],
];

describe('several authenticators combined', () => {
  for (const [rule, answers, expected] of table) {
    it(`${rule}, in any order, at once and later alike`, async () => {
      for (const order of [answers, answers.toReversed()]) {
        expect(createAuthenticate(order.map((answer) => () => answer))(noSource)).toEqual(expected);
        const mixed = order.map((answer, i) => () => (i % 2 === 0 ? Promise.resolve(answer) : answer));
        expect(await createAuthenticate(mixed)(noSource)).toEqual(expected);
      }
    });
  }

  it('L05: rejects if one of them cannot tell, whatever the others return, and leaves no rejection unhandled', async () => {
    const unheard: unknown[] = [];
    const listen = (error: unknown) => unheard.push(error);
    process.on('unhandledRejection', listen);
    const down = new Error('down');
    const fail = (): never => {
      throw down;
    };
    await expect(createAuthenticate([() => accepted, () => Promise.reject(down)])(noSource)).rejects.toBe(down);
    await expect(createAuthenticate([() => Promise.reject(down), fail])(noSource)).rejects.toBe(down);
    await expect(createAuthenticate([fail, () => absent])(noSource)).rejects.toBe(down);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', listen);
    expect(unheard).toEqual([]);
  });
});
