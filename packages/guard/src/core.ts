export type {
  Authentication,
  Authenticator,
  ClientInfo,
  CredentialSource,
  RejectionReason,
} from './domain/authentication.ts';
export {
  CodedError,
  type ErrorDetails,
  type ErrorRow,
  GuardError,
  type GuardErrorCode,
  guardErrors,
  otherOrigin,
} from './domain/errors.ts';
export {
  type ApiKeyId,
  apiKeyId,
  type Branded,
  type ClientId,
  clientId,
  type SessionId,
  sessionId,
  type UserId,
  userId,
} from './domain/ids.ts';
export {
  hasScope,
  interactiveScope,
  isScopePattern,
  type KnownScopes,
  sessionScopes,
  unnarrowedScopes,
} from './domain/scope.ts';
export type { SessionStatus } from './domain/session-status.ts';
export {
  type AccountViewer,
  type AnonymousViewer,
  anonymous,
  type ServiceViewer,
  type SignedInViewer,
  type Viewer,
} from './domain/viewer.ts';
