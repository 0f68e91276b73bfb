import type { RefreshTokenReport } from '../../services/token-inspection.ts';
import { describeTime, formatDuration } from '../output/format-time.ts';
import { whySessionEnded } from './access-token.ts';
import { type Check, failed, notChecked, passed } from './check.ts';

/** Explains the outcome of a refresh with this token now. Holds nothing of the token. */
export const explainRefreshToken = (
  { state, stored }: RefreshTokenReport,
  { reuseWindowMs }: { readonly reuseWindowMs: number },
  now: number,
): readonly Check[] => {
  if (state === 'malformed' || stored === null) {
    const detail = 'it begins like a refresh token, but is not one: cut off or altered?';
    return [failed('form', detail), notChecked('session'), notChecked('use')];
  }
  const { session } = stored;
  const form = passed('form', 'a complete and canonical refresh token');
  if (session === null) return [form, failed('session', whySessionEnded(stored, now)), notChecked('use')];
  return [
    form,
    passed('session', `live, expires ${describeTime(session.expiresAt, now)} unless refreshed`),
    checkUse(state, reuseWindowMs),
  ];
};

const checkUse = (state: Exclude<RefreshTokenReport['state'], 'malformed'>, reuseWindowMs: number): Check => {
  switch (state) {
    case 'current':
      return passed('use', 'unused: a refresh spends it and returns a new pair');
    case 'replayable':
      return passed(
        'use',
        `spent less than ${formatDuration(reuseWindowMs)} ago and its successor is unused: a refresh returns the same successor again`,
      );
    case 'spent':
      return failed('use', 'spent: a refresh with it would end the session, because it may have been stolen');
    case 'unknown':
      return failed('use', 'never issued for this session, or replaced when the password was changed');
  }
};
