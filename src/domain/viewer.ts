import type * as Guard from '@fieldgate/guard/core';
import type { User } from './user.ts';

/** Who asks. An account's viewer holds the account itself, where it was read when its credential was checked. */
export type Viewer = Guard.Viewer<User>;
export type AccountViewer = Guard.AccountViewer<User>;
