import type { ClientInfo } from '@fieldgate/guard';
import { AppError } from '../../../domain/errors.ts';
import type { Client } from '../client-authentication.ts';
import type { FormParams } from '../parameters.ts';

/** A request to the token endpoint whose client is known. */
export type GrantRequest = {
  readonly parameters: FormParams;
  readonly oauthClient: Client;
  readonly client: ClientInfo;
};

export type IssuedTokens = {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresInSeconds: number;
  readonly scopes: readonly string[];
};

/** One way of asking for tokens. Throws `AppError`. */
export type GrantHandler = (request: GrantRequest) => Promise<IssuedTokens>;

/** A person who signs in is not narrowed to scopes; asking for some is asking for another grant (RFC 6749 §6). */
export const rejectScopes = (parameters: FormParams): void => {
  if (parameters.has('scope')) throw new AppError('INVALID_SCOPE');
};
