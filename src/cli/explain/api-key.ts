import { apiKeyState } from '../../domain/api-key.ts';
import type { ApiKeyReport } from '../../services/token-inspection.ts';
import { printable } from '../output/escape-terminal.ts';
import { describeTime } from '../output/format-time.ts';
import type { Check } from './check.ts';

/** What would come of a request with this key now, in words. Nothing of its secret is in them. */
export const explainApiKey = ({ isWellFormed, holder }: ApiKeyReport, now: number): readonly Check[] => {
  if (!isWellFormed) {
    return [
      {
        check: 'form',
        outcome: 'failed',
        detail: 'it begins like a key and its checksum is another one: mistyped or cut off?',
      },
      { check: 'key', outcome: 'not checked', detail: '' },
      { check: 'owner', outcome: 'not checked', detail: '' },
    ];
  }
  const form: Check = { check: 'form', outcome: 'passed', detail: 'a key, whole, with its own checksum' };
  if (holder === null) {
    return [
      form,
      {
        check: 'key',
        outcome: 'failed',
        detail: 'none of this server, or another secret than the one that was given out',
      },
      { check: 'owner', outcome: 'not checked', detail: '' },
    ];
  }
  return [form, keyCheck(holder.key, now), ownerCheck(holder.account, now)];
};

type Holder = NonNullable<ApiKeyReport['holder']>;

const keyCheck = (key: Holder['key'], now: number): Check => {
  const scopes = key.scopes.length === 0 ? 'no scopes' : `scopes ${key.scopes.map(printable).join(' ')}`;
  switch (apiKeyState(key, now)) {
    case 'live':
      return { check: 'key', outcome: 'passed', detail: `ends ${describeTime(key.expiresAt, now)}; ${scopes}` };
    case 'expired':
      return { check: 'key', outcome: 'failed', detail: `its time was over ${describeTime(key.expiresAt, now)}` };
    case 'revoked':
      return { check: 'key', outcome: 'failed', detail: `revoked ${describeTime(key.revokedAt ?? now, now)}` };
  }
};

const ownerCheck = (account: Holder['account'], now: number): Check => {
  if (account === null) return { check: 'owner', outcome: 'failed', detail: 'there is no such account any more' };
  return account.disabledAt === null
    ? { check: 'owner', outcome: 'passed', detail: `switched on, ${account.role}` }
    : { check: 'owner', outcome: 'failed', detail: `switched off ${describeTime(account.disabledAt, now)}` };
};
