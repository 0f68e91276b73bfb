import type { RefreshTokenReport } from '../../services/token-inspection.ts';
import { describeTime, formatDuration } from '../output/format-time.ts';
import { whyOver } from './access-token.ts';
import type { Check } from './check.ts';

/** What would come of a refresh with this token now, in words. Nothing of the token itself is in them. */
export const explainRefreshToken = (
  { state, stored }: RefreshTokenReport,
  { reuseWindowMs }: { readonly reuseWindowMs: number },
  now: number,
): readonly Check[] => {
  if (state === 'malformed' || stored === null) {
    return [
      {
        check: 'form',
        outcome: 'failed',
        detail: 'it begins like a refresh token and is none; was it cut off or altered?',
      },
      { check: 'session', outcome: 'not checked', detail: '' },
      { check: 'use', outcome: 'not checked', detail: '' },
    ];
  }
  const { session } = stored;
  const form: Check = { check: 'form', outcome: 'passed', detail: 'a refresh token, whole and canonical' };
  if (session === null) {
    return [
      form,
      { check: 'session', outcome: 'failed', detail: whyOver(stored, now) },
      { check: 'use', outcome: 'not checked', detail: '' },
    ];
  }
  const live = `live, ends ${describeTime(session.expiresAt, now)} unless refreshed`;
  return [form, { check: 'session', outcome: 'passed', detail: live }, useCheck(state, reuseWindowMs)];
};

const useCheck = (state: Exclude<RefreshTokenReport['state'], 'malformed'>, reuseWindowMs: number): Check => {
  switch (state) {
    case 'current':
      return { check: 'use', outcome: 'passed', detail: 'unused: a refresh spends it and gives a new pair' };
    case 'replayable':
      return {
        check: 'use',
        outcome: 'passed',
        detail: `spent less than ${formatDuration(reuseWindowMs)} ago, its successor unused: a refresh gives the same successor again`,
      };
    case 'spent':
      return {
        check: 'use',
        outcome: 'failed',
        detail: 'spent for good: a refresh with it would end the session, because two may hold it',
      };
    case 'unknown':
      return {
        check: 'use',
        outcome: 'failed',
        detail: 'never given out for this session, or taken back when the password was changed',
      };
  }
};
