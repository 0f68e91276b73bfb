export { admit, type Consume, type Operation } from './authorization/admit.ts';
export {
  type AuthDirectiveOptions,
  type AuthRule,
  authDirective,
  authExtension,
  publicDirective,
  publicExtension,
} from './authorization/code-first.ts';
export type { Decision } from './authorization/decision.ts';
export {
  errorExtensions,
  type Refusal,
  refusalHttp,
  SchemaRulesError,
  toGraphQLError,
} from './authorization/errors.ts';
export type { Fault, OnFault } from './authorization/faults.ts';
export { assertGuarded, guardSchema } from './authorization/guard.ts';
export type { GuardOptions } from './authorization/guard-options.ts';
export { type Access, type AccessRow, accessMatrix } from './authorization/matrix.ts';
export { batch, type Policies, type Policy, type PolicyDetails } from './authorization/policy.ts';
export type { GuardMode } from './authorization/report.ts';
export { requireAccount } from './authorization/require-account.ts';
export { undecidedRootFields } from './authorization/rules.ts';
export { type RunAsOptions, runAs, type ViewerContext } from './authorization/run-as.ts';
export { scopesOf } from './authorization/scopes.ts';
export { type AuthTypeDefsOptions, authTypeDefs } from './authorization/type-defs.ts';
export { visibleSchema } from './authorization/visible-schema.ts';
export { type ApiKeyOptions, apiKey } from './credentials/api-key.ts';
export { createAuthenticate } from './credentials/authenticate.ts';
export { type BasicOptions, basic } from './credentials/basic.ts';
export { type BearerOptions, bearer } from './credentials/bearer.ts';
export type {
  AccountBearerClaims,
  ApiKeyClaims,
  ApiKeyVerification,
  BasicAccount,
  BearerClaims,
  BearerVerification,
  ServiceBearerClaims,
} from './credentials/claims.ts';
export { type CookieOptions, cookie } from './credentials/cookie.ts';
export { createOriginCheck, type OriginCheck } from './credentials/origin-check.ts';
export { checkDocument, type DocumentLimits, documentLimits } from './documents/document-limits.ts';
export type {
  Authentication,
  Authenticator,
  ClientInfo,
  CredentialSource,
  RejectionReason,
} from './domain/authentication.ts';
export { CodedError, type ErrorDetails, GuardError, type GuardErrorCode } from './domain/errors.ts';
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
export type { SessionStatus } from './domain/session-status.ts';
export type {
  AccountViewer,
  AnonymousViewer,
  ServiceViewer,
  SignedInViewer,
  Viewer,
} from './domain/viewer.ts';
export { viewerOf } from './domain/viewer-binding.ts';
export { execute, type GuardedExecutionArgs, subscribe } from './gates/execute.ts';
export { refusalOf } from './gates/gate.ts';
export type { EndReason, GateOptions } from './gates/options.ts';
export { cacheKeyOf, responseCacheScopes, responseCacheSession } from './gates/response-cache.ts';
