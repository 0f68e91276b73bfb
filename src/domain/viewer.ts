import type * as Guard from '@fieldgate/guard/core';
import type { User } from './user.ts';

/** Who sent the request. For an account it has the account itself, if that was read when the credential was verified. */
export type Viewer = Guard.Viewer<User>;
export type AccountViewer = Guard.AccountViewer<User>;
