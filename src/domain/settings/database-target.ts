import type { Secret } from '../secret.ts';

/** Where accounts are kept: in an embedded database under a directory, or in PostgreSQL. */
export type DatabaseTarget =
  | { readonly kind: 'sqlite'; readonly directory: string }
  | { readonly kind: 'postgres'; readonly url: Secret };
