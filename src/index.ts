export { admit, type Operation } from './authorization/admit.ts';
export type { Decision } from './authorization/decision.ts';
export { authTypeDefs } from './authorization/directives.ts';
export {
  errorExtensions,
  type Refusal,
  refusalHttp,
  SchemaRulesError,
  toGraphQLError,
} from './authorization/errors.ts';
export { type GuardOptions, guardSchema, type Policies, type Policy } from './authorization/guard.ts';
export { type Access, type AccessRow, accessMatrix } from './authorization/matrix.ts';
export { type FieldgateOptions, useFieldgate } from './authorization/plugin.ts';
export { scopesOf } from './authorization/scopes.ts';
export { type ViewerContext, viewerOf, withViewer } from './authorization/viewer-context.ts';
export { type ApiKeyClaims, type ApiKeyOptions, type ApiKeyVerification, apiKey } from './credentials/api-key.ts';
export { createAuthenticate } from './credentials/authenticate.ts';
export { type BasicAccount, type BasicOptions, basic } from './credentials/basic.ts';
export {
  type AccountBearerClaims,
  type BearerClaims,
  type BearerOptions,
  type BearerVerification,
  bearer,
  type ServiceBearerClaims,
} from './credentials/bearer.ts';
export { type CookieOptions, cookie } from './credentials/cookie.ts';
export { createOriginCheck, type OriginCheck } from './credentials/origin-check.ts';
export type { Authentication, Authenticator, CredentialSource, RejectionReason } from './domain/authentication.ts';
export { AppError, type ErrorCode, type ErrorDetails } from './domain/errors.ts';
export {
  type ApiKeyId,
  apiKeyId,
  type ClientId,
  clientId,
  type SessionId,
  sessionId,
  type UserId,
  userId,
} from './domain/ids.ts';
export { hasScope, interactiveScope, type KnownScopes, sessionScopes } from './domain/scope.ts';
export type { Standing } from './domain/session.ts';
export type { AccountViewer, AnonymousViewer, ServiceViewer, SignedInViewer, Viewer } from './domain/viewer.ts';
