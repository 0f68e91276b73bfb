import { sessionId, userId } from '@fieldgate/guard';
import { expect, it } from 'vitest';
import { createRequireRecentSignIn } from '../../../src/services/recent-sign-in.ts';
import { failure, minute } from './account-services.ts';

const outcomeOf = async (ageMs: number | null, session: string | null = 'laptop'): Promise<string> => {
  const sessions = { authenticationAge: async () => ageMs };
  const require = createRequireRecentSignIn({ sessions, maxAgeMs: 10 * minute });
  const named = { id: userId('ada'), sessionId: session === null ? null : sessionId(session) };
  return (await require(named).then(() => null)) ?? 'recent';
};

it.each([
  ['just now', 0],
  ['at the limit', 10 * minute],
  ['a moment ahead, by another clock', -2_000],
])('R26: a sign-in %s is recent', async (_, ageMs) => {
  expect(await outcomeOf(ageMs)).toBe('recent');
});

it.each([
  ['older than the limit', 10 * minute + 1, 'STEP_UP_REQUIRED'],
  ['far ahead, because a clock was set back', -10 * minute - 1, 'STEP_UP_REQUIRED'],
  ['of a session that has ended', null, 'UNAUTHENTICATED TOKEN_REVOKED'],
])('R26: a sign-in %s is not recent', async (_, ageMs, code) => {
  expect(await failure(outcomeOf(ageMs))).toBe(code);
});

it('R26: a credential without a session has no recent sign-in', async () => {
  expect(await failure(outcomeOf(0, null))).toBe('FORBIDDEN SESSION_REQUIRED');
});
