import type { UserId } from '@fieldgate/guard/core';
import type { KeptSession } from '../ports/account-store.ts';
import type { AccountMark, Revocation } from '../ports/revocation-journal.ts';
import type { ScriptArgument } from './scripts.ts';

/** A deleted account never comes back, so no version is higher. */
export const deletedAccount: AccountMark = {
  version: Number.MAX_SAFE_INTEGER,
  disabled: true,
  role: 'USER',
  sessionsFrom: Number.MAX_SAFE_INTEGER,
};

export const writeMark = ({ version, disabled, role, sessionsFrom }: AccountMark): readonly ScriptArgument[] => [
  version,
  disabled ? 1 : 0,
  role,
  sessionsFrom,
];

export const keptRevocation = (userId: UserId, kept: KeptSession | undefined): readonly Revocation[] =>
  kept ? [{ kind: 'tokens', userId, sessionId: kept.id, family: kept.digests.family }] : [];
