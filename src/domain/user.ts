import type { UserId } from '@fieldgate/guard/core';
import type { EpochMillis } from './clock.ts';
import type { Role } from './role.ts';

/** An account as the rest of the house sees it: without its password hash. */
export type User = {
  readonly id: UserId;
  /** Normalised: see `normalizeEmail`. One account per normalised email. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: EpochMillis;
  /** When an administrator switched the account off; null while it is on. */
  readonly disabledAt: EpochMillis | null;
  /**
   * Grows by one whenever what the account may do changes: role, password, disabled or enabled.
   * A session starts only for the version its password was checked against, so that a change wins over a login in flight.
   */
  readonly version: number;
};
