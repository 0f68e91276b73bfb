import type { Secret } from '../secret.ts';
import type { SigningAlgorithm } from '../signing-algorithms.ts';

/** Where the keys come from that sign and verify access tokens. */
export type KeySource =
  | { readonly kind: 'generated'; readonly file: string; readonly algorithm: SigningAlgorithm }
  /** Without an algorithm, the first key of the file decides. */
  | { readonly kind: 'file'; readonly file: string; readonly algorithm: SigningAlgorithm | undefined }
  | { readonly kind: 'secret'; readonly secret: Secret; readonly algorithm: SigningAlgorithm };
