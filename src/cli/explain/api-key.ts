import { apiKeyState } from '../../domain/api-key.ts';
import type { ApiKeyReport } from '../../services/token-inspection.ts';
import { escapeTerminal } from '../output/escape-terminal.ts';
import { describeTime } from '../output/format-time.ts';
import { type Check, failed, notChecked, passed } from './check.ts';

/** Explains the outcome of a request with this key now. Holds nothing of its secret. */
export const explainApiKey = ({ isWellFormed, holder }: ApiKeyReport, now: number): readonly Check[] => {
  if (!isWellFormed) {
    return [
      failed('form', 'it begins like a key, but its checksum is wrong: mistyped or cut off?'),
      notChecked('key'),
      notChecked('owner'),
    ];
  }
  const form = passed('form', 'a complete key with the right checksum');
  if (holder === null) {
    const detail = 'no key of this server, or with another secret than the one that was issued';
    return [form, failed('key', detail), notChecked('owner')];
  }
  return [form, checkKey(holder.key, now), checkOwner(holder.account, now)];
};

type Holder = NonNullable<ApiKeyReport['holder']>;

const checkKey = (key: Holder['key'], now: number): Check => {
  const scopes = key.scopes.length === 0 ? 'no scopes' : `scopes ${key.scopes.map(escapeTerminal).join(' ')}`;
  switch (apiKeyState(key, now)) {
    case 'live':
      return passed('key', `expires ${describeTime(key.expiresAt, now)}; ${scopes}`);
    case 'expired':
      return failed('key', `expired ${describeTime(key.expiresAt, now)}`);
    case 'revoked':
      return failed('key', `revoked ${describeTime(key.revokedAt ?? now, now)}`);
  }
};

const checkOwner = (account: Holder['account'], now: number): Check => {
  if (account === null) return failed('owner', 'its account does not exist (any more)');
  return account.disabledAt === null
    ? passed('owner', `enabled, ${account.role}`)
    : failed('owner', `disabled ${describeTime(account.disabledAt, now)}`);
};
