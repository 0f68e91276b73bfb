import type { ClientInfo } from '@fieldgate/guard';
import { AppError } from '../../../domain/errors.ts';
import type { OAuthClient } from '../client-authentication.ts';
import type { FormParams } from '../parameters.ts';

/** A request to the token endpoint with its authenticated client. */
export type GrantRequest = {
  readonly parameters: FormParams;
  readonly oauthClient: OAuthClient;
  readonly client: ClientInfo;
};

/** What the token endpoint responds with. */
export type TokenResponse = {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresInSeconds: number;
  readonly scopes: readonly string[];
};

/** Handles one grant type. Rejects with `AppError`. */
export type GrantHandler = (request: GrantRequest) => Promise<TokenResponse>;

/** The session of an account is not limited to scopes, so a request for some cannot be granted (RFC 6749 §6). Errors: INVALID_SCOPE. */
export const rejectScopes = (parameters: FormParams): void => {
  if (parameters.has('scope')) throw new AppError('INVALID_SCOPE');
};
