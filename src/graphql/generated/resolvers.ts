import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { Role as RoleModel } from '../../domain/role.ts';
import type { User as UserModel } from '../../domain/user.ts';
import type { Session as SessionModel } from '../../domain/session.ts';
import type { ApiKey as ApiKeyModel } from '../../domain/api-key.ts';
import type { AuthEvent as AuthEventModel } from '../../domain/event.ts';
import type { Identity as IdentityModel } from '../../domain/identity.ts';
import type { Viewer as ViewerModel } from '../../domain/viewer.ts';
import type { ServiceClient as ServiceClientModel } from '../../domain/service-client.ts';
import type { ClientWithSecret } from '../../services/service-clients.ts';
import type { DeliveredTokens } from '../delivery.ts';
import type { RequestContext } from '../context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
export type EnumResolverSignature<T, AllowedValues = any> = { [key in keyof T]?: AllowedValues };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A point in time, RFC 3339. Responses have it in UTC with milliseconds: 2026-11-22T12:00:00.000Z. Input needs an offset (`Z`, `+01:00`) and a date that exists. */
  DateTime: { input: number; output: number; }
};

/** A key for programs. It acts for its owner's account, within its scopes and the owner's current role. */
export type ApiKey = {
  readonly __typename?: 'ApiKey';
  readonly createdAt: Scalars['DateTime']['output'];
  readonly expiresAt: Scalars['DateTime']['output'];
  /** Identifies the key; it is not a credential. */
  readonly id: Scalars['ID']['output'];
  /** The last use, up to a minute behind; null if the key was never used. */
  readonly lastUsedAt: Maybe<Scalars['DateTime']['output']>;
  readonly name: Scalars['String']['output'];
  /** The first characters of the key, to recognise it by: the id without its dashes. */
  readonly prefix: Scalars['String']['output'];
  /** When the key was revoked; null if it was not. */
  readonly revokedAt: Maybe<Scalars['DateTime']['output']>;
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
};

export type ApiKeyConnection = {
  readonly __typename?: 'ApiKeyConnection';
  readonly edges: ReadonlyArray<ApiKeyEdge>;
  readonly pageInfo: PageInfo;
};

export type ApiKeyEdge = {
  readonly __typename?: 'ApiKeyEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: ApiKey;
};

/** An event of an account or a credential; docs/events.md lists them. */
export type AuthEvent = {
  readonly __typename?: 'AuthEvent';
  readonly actor: AuthEventActor;
  /** The `eventId` of the log. */
  readonly id: Scalars['ID']['output'];
  readonly ip: Maybe<Scalars['String']['output']>;
  readonly metadata: ReadonlyArray<AuthEventMetadata>;
  readonly outcome: AuthEventOutcome;
  /** A constant in capitals that says why. */
  readonly reason: Maybe<Scalars['String']['output']>;
  /** The X-Request-Id of the request that caused it. */
  readonly requestId: Maybe<Scalars['String']['output']>;
  readonly sessionId: Maybe<Scalars['ID']['output']>;
  readonly time: Scalars['DateTime']['output'];
  /** The type of the event, such as `user.login_failed`. Later versions add types: handle unknown ones. */
  readonly type: Scalars['String']['output'];
  /** That account in its current state; null also if it no longer exists. */
  readonly user: Maybe<User>;
  readonly userAgent: Maybe<Scalars['String']['output']>;
  /** The account that the event is about, if any. */
  readonly userId: Maybe<Scalars['ID']['output']>;
};

/** Who caused the event. */
export type AuthEventActor = {
  readonly __typename?: 'AuthEventActor';
  /** The id of the account, the key or the service; null for other kinds. In `securityEvents` it is null for actors other than the caller. */
  readonly id: Maybe<Scalars['ID']['output']>;
  /** `account`, `api_key`, `service`, `command_line`, `server` or `anonymous` */
  readonly kind: Scalars['String']['output'];
};

export type AuthEventConnection = {
  readonly __typename?: 'AuthEventConnection';
  readonly edges: ReadonlyArray<AuthEventEdge>;
  readonly pageInfo: PageInfo;
};

export type AuthEventEdge = {
  readonly __typename?: 'AuthEventEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: AuthEvent;
};

/** An event must match every condition that is given. */
export type AuthEventFilter = {
  /** Exactly as it was recorded. */
  readonly ip?: InputMaybe<Scalars['String']['input']>;
  readonly outcome?: InputMaybe<AuthEventOutcome>;
  /** At this time or later. */
  readonly since?: InputMaybe<Scalars['DateTime']['input']>;
  /** Any of these types. Error for an unknown type: BAD_USER_INPUT, reason EVENT_TYPE_UNKNOWN. */
  readonly types?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** Before this time. */
  readonly until?: InputMaybe<Scalars['DateTime']['input']>;
  /** The account that the event is about. */
  readonly userId?: InputMaybe<Scalars['ID']['input']>;
};

export type AuthEventMetadata = {
  readonly __typename?: 'AuthEventMetadata';
  readonly name: Scalars['String']['output'];
  readonly value: Scalars['String']['output'];
};

export type AuthEventOutcome =
  | 'FAILURE'
  | 'SUCCESS';

/**
 * The tokens of a session. Store the refresh token where no other party can read it; send the access token as Authorization: Bearer …
 * With delivery by cookie both are null here: the browser stores and sends them.
 */
export type AuthPayload = {
  readonly __typename?: 'AuthPayload';
  /** Null with delivery by cookie. */
  readonly accessToken: Maybe<Scalars['String']['output']>;
  /** Seconds until the access token expires. */
  readonly expiresIn: Scalars['Int']['output'];
  /** Null with delivery by cookie. */
  readonly refreshToken: Maybe<Scalars['String']['output']>;
  readonly session: Session;
  /** Always Bearer. */
  readonly tokenType: Scalars['String']['output'];
  readonly user: User;
};

export type ChangePasswordInput = {
  /** Always needed where the account has a password. Leave it out to give a first password to an account that was made by a provider. */
  readonly currentPassword?: InputMaybe<Scalars['String']['input']>;
  readonly newPassword: Scalars['String']['input'];
  /** Whether the account's API keys are revoked too. */
  readonly revokeApiKeys?: InputMaybe<Scalars['Boolean']['input']>;
};

export type CreateApiKeyInput = {
  /** Needed unless the session's last sign-in is recent. */
  readonly currentPassword?: InputMaybe<Scalars['String']['input']>;
  /** 1 to 365 */
  readonly expiresInDays?: Scalars['Int']['input'];
  /** What the key is for: 1 to 100 characters. */
  readonly name: Scalars['String']['input'];
  /** What the key may do, such as `account:read`. `*` stands for one segment (`*:read`), alone for everything that the owner's role allows. */
  readonly scopes: ReadonlyArray<Scalars['String']['input']>;
};

export type CreateApiKeyPayload = {
  readonly __typename?: 'CreateApiKeyPayload';
  readonly apiKey: ApiKey;
  /** The key itself, to be sent as X-API-Key. It is shown only once; the server stores a digest. */
  readonly secret: Scalars['String']['output'];
};

export type CreateServiceClientInput = {
  /** Its name: 1 to 100 characters. */
  readonly name: Scalars['String']['input'];
  /** Scopes of the form `resource:action`, without wildcards; at most 50. */
  readonly scopes?: ReadonlyArray<Scalars['String']['input']>;
};

/** A user of an identity provider (Google, GitHub, a company's own) who can sign in to the caller's account. */
export type Identity = {
  readonly __typename?: 'Identity';
  readonly createdAt: Scalars['DateTime']['output'];
  /** The email that the provider reported when the identity was linked; null if it reported none. */
  readonly email: Maybe<Scalars['String']['output']>;
  /** Identifies the identity; it is not a credential. */
  readonly id: Scalars['ID']['output'];
  /** The last sign-in with this identity; null if there was none. */
  readonly lastUsedAt: Maybe<Scalars['DateTime']['output']>;
  /** The provider's name in the server's configuration, such as `google`. */
  readonly provider: Scalars['String']['output'];
};

export type IdentityConnection = {
  readonly __typename?: 'IdentityConnection';
  readonly edges: ReadonlyArray<IdentityEdge>;
  readonly pageInfo: PageInfo;
};

export type IdentityEdge = {
  readonly __typename?: 'IdentityEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Identity;
};

export type LinkIdentityInput = {
  /** The `code` in the return URL. It works once, within a minute. */
  readonly code: Scalars['String']['input'];
  /** The text whose SHA-256 the page sent as `codeChallenge`. */
  readonly codeVerifier: Scalars['String']['input'];
  /** Needed unless the session's last sign-in is recent. */
  readonly currentPassword?: InputMaybe<Scalars['String']['input']>;
};

export type LinkIdentityPayload = {
  readonly __typename?: 'LinkIdentityPayload';
  readonly identity: Identity;
};

export type LoginInput = {
  readonly delivery?: TokenDelivery;
  readonly email: Scalars['String']['input'];
  readonly password: Scalars['String']['input'];
};

/** What a page has after the redirect from a provider: see docs/social-login.md. */
export type LoginWithProviderInput = {
  /** The `code` in the return URL. It works once, within a minute. */
  readonly code: Scalars['String']['input'];
  /** The text whose SHA-256 the page sent as `codeChallenge`. */
  readonly codeVerifier: Scalars['String']['input'];
  readonly delivery?: TokenDelivery;
};

export type LogoutInput = {
  /** Identifies the session if the caller has no access token. */
  readonly refreshToken?: InputMaybe<Scalars['String']['input']>;
  readonly scope?: LogoutScope;
};

export type LogoutPayload = {
  readonly __typename?: 'LogoutPayload';
  /** How many sessions this call ended; 0 if they had ended already, which is no error. */
  readonly endedSessions: Scalars['Int']['output'];
};

export type LogoutScope =
  /** Every session of the account. */
  | 'ALL'
  /** The session of the presented token. */
  | 'CURRENT'
  /** Every other session of the account. */
  | 'OTHERS';

export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Changes the caller's password, issues new tokens and ends the caller's other sessions. Older access tokens of this session become
   * TOKEN_STALE, and the account's API keys are revoked unless the input says otherwise. What still opens the account: `user { hasPassword identities { edges { node { provider } } } }`.
   * A caller with a session cookie gets new cookies. Without `currentPassword`, for an account that has none, it needs a recent sign-in.
   * Errors: INVALID_CREDENTIALS, ACCOUNT_LOCKED, STEP_UP_REQUIRED, BAD_USER_INPUT.
   */
  readonly changePassword: AuthPayload;
  /**
   * Creates an API key. Requires a session: a key cannot create keys. Needs a recent sign-in or `currentPassword`. Errors:
   * STEP_UP_REQUIRED with `maxAge`; INVALID_CREDENTIALS, ACCOUNT_LOCKED; BAD_USER_INPUT with `field`; TOO_MANY_API_KEYS beyond 50 live keys.
   */
  readonly createApiKey: CreateApiKeyPayload;
  /** Creates a service client. Errors: BAD_USER_INPUT with `field`. */
  readonly createServiceClient: ServiceClientSecretPayload;
  /** Disables a service client permanently: its secrets and live tokens are rejected after the response. Error: NOT_FOUND. */
  readonly disableServiceClient: ServiceClient;
  /** Disables an account and ends its sessions for good. Error: LAST_ADMINISTRATOR. */
  readonly disableUser: User;
  /** Enables an account again. Ended sessions stay ended. */
  readonly enableUser: User;
  /**
   * Links the identity that just signed in at a provider to the caller's account. Needs a recent sign-in or `currentPassword`.
   * Errors: STEP_UP_REQUIRED with `maxAge`; INVALID_CREDENTIALS, ACCOUNT_LOCKED; LOGIN_CODE_INVALID, IDENTITY_TAKEN.
   */
  readonly linkIdentity: LinkIdentityPayload;
  /**
   * Signs in. Errors: INVALID_CREDENTIALS for an unknown email, a wrong password and a disabled account alike; ACCOUNT_LOCKED
   * with `retryAfter` after too many of these, even with the right password.
   */
  readonly login: SignInPayload;
  /**
   * Completes a sign-in at a provider; creates an account if the identity has none. Errors: LOGIN_CODE_INVALID;
   * ACCOUNT_LINK_REQUIRED if an account with this verified email already exists: sign in to it, then call linkIdentity; EMAIL_UNVERIFIED
   * if the provider has not verified the email, whether or not it has an account; ACCOUNT_DISABLED. Without an account it counts as a signup.
   */
  readonly loginWithProvider: SignInPayload;
  /**
   * Ends sessions. Needs an access token in the Authorization header (an expired one suffices), a refresh token, or the cookies.
   * Cookies count only if neither token is given; they are removed unless the scope is OTHERS.
   * After the response, every instance rejects the access tokens of these sessions. Idempotent.
   */
  readonly logout: LogoutPayload;
  /**
   * Exchanges a refresh token for a new pair. A token spent within the last seconds returns the same successor, so a lost response
   * loses nothing; any later use ends its session. Error: REFRESH_TOKEN_INVALID: sign in again.
   * Without input the server takes the refresh token from the cookie and sets new cookies. With the error it leaves the cookies alone: the next
   * sign-in replaces them, and logout removes them.
   */
  readonly refresh: AuthPayload;
  /** Revokes an API key of the caller; it is rejected after the response. Idempotent. Error: NOT_FOUND. */
  readonly revokeApiKey: RevokeApiKeyPayload;
  /** Ends one of the caller's sessions. Error: NOT_FOUND. */
  readonly revokeSession: RevokeSessionPayload;
  /** Ends every session of an account. */
  readonly revokeUserSessions: LogoutPayload;
  /**
   * Creates a new secret for a service client. The secret that the client uses stays valid for another 24 hours, also if this is
   * repeated after a lost answer; older ones end. `endPrevious: true` ends every earlier secret at once, for one that leaked.
   * Error: NOT_FOUND, also for a disabled client.
   */
  readonly rotateServiceClientSecret: ServiceClientSecretPayload;
  /** Changes the role of an account. Its older access tokens become TOKEN_STALE; its sessions go on and can refresh. Error: LAST_ADMINISTRATOR. */
  readonly setUserRole: User;
  /** Creates an account and signs it in. After an error that can be retried, the same call again completes it. Errors: BAD_USER_INPUT with `field`, EMAIL_TAKEN. */
  readonly signup: SignInPayload;
  /**
   * Unlinks one of the caller's identities. Needs a recent sign-in or `currentPassword`. Errors: STEP_UP_REQUIRED with `maxAge`;
   * INVALID_CREDENTIALS, ACCOUNT_LOCKED; NOT_FOUND; LAST_WAY_IN if the account has no password and no other identity.
   */
  readonly unlinkIdentity: UnlinkIdentityPayload;
  /** Ends the lock after too many wrong passwords, and resets their count. Idempotent. */
  readonly unlockUser: User;
};


export type MutationChangePasswordArgs = {
  input: ChangePasswordInput;
};


export type MutationCreateApiKeyArgs = {
  input: CreateApiKeyInput;
};


export type MutationCreateServiceClientArgs = {
  input: CreateServiceClientInput;
};


export type MutationDisableServiceClientArgs = {
  id: Scalars['ID']['input'];
};


export type MutationDisableUserArgs = {
  id: Scalars['ID']['input'];
};


export type MutationEnableUserArgs = {
  id: Scalars['ID']['input'];
};


export type MutationLinkIdentityArgs = {
  input: LinkIdentityInput;
};


export type MutationLoginArgs = {
  input: LoginInput;
};


export type MutationLoginWithProviderArgs = {
  input: LoginWithProviderInput;
};


export type MutationLogoutArgs = {
  input?: InputMaybe<LogoutInput>;
};


export type MutationRefreshArgs = {
  input?: InputMaybe<RefreshInput>;
};


export type MutationRevokeApiKeyArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRevokeSessionArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRevokeUserSessionsArgs = {
  userId: Scalars['ID']['input'];
};


export type MutationRotateServiceClientSecretArgs = {
  endPrevious?: Scalars['Boolean']['input'];
  id: Scalars['ID']['input'];
};


export type MutationSetUserRoleArgs = {
  input: SetUserRoleInput;
};


export type MutationSignupArgs = {
  input: SignupInput;
};


export type MutationUnlinkIdentityArgs = {
  input: UnlinkIdentityInput;
};


export type MutationUnlockUserArgs = {
  id: Scalars['ID']['input'];
};

/** The position of a page in its connection (Relay cursor connections). */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  readonly endCursor: Maybe<Scalars['String']['output']>;
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor: Maybe<Scalars['String']['output']>;
};

export type Query = {
  readonly __typename?: 'Query';
  /** The caller's API keys, newest first, including expired and revoked ones. */
  readonly apiKeys: Maybe<ApiKeyConnection>;
  /** The events of all accounts and credentials, newest first. */
  readonly authEvents: Maybe<AuthEventConnection>;
  /** A public field, to see that the server works. */
  readonly hello: Scalars['String']['output'];
  /** The caller's identities at providers, oldest first. */
  readonly identities: Maybe<IdentityConnection>;
  /** The caller's account. */
  readonly me: Maybe<User>;
  /** The events of the caller's account, newest first. */
  readonly securityEvents: Maybe<AuthEventConnection>;
  /** All service clients, oldest first. */
  readonly serviceClients: Maybe<ServiceClientConnection>;
  /** The caller's live sessions, newest first. */
  readonly sessions: Maybe<SessionConnection>;
  /** The account with this id; null if it does not exist. */
  readonly user: Maybe<User>;
  /** All accounts, oldest first. `search` matches part of the email or the name, ignoring case. */
  readonly users: Maybe<UserConnection>;
  /** The caller and the credential. Anonymous callers may ask; a presented credential must be valid. */
  readonly viewer: Viewer;
};


export type QueryApiKeysArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryAuthEventsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AuthEventFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryIdentitiesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QuerySecurityEventsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryServiceClientsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QuerySessionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


export type QueryUserArgs = {
  id: Scalars['ID']['input'];
};


export type QueryUsersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  search?: InputMaybe<Scalars['String']['input']>;
};

export type RefreshInput = {
  /** With COOKIE, a session whose tokens the caller holds continues in cookies. The reverse is not possible. */
  readonly delivery?: TokenDelivery;
  readonly refreshToken: Scalars['String']['input'];
};

export type RevokeApiKeyPayload = {
  readonly __typename?: 'RevokeApiKeyPayload';
  readonly apiKey: ApiKey;
};

export type RevokeSessionPayload = {
  readonly __typename?: 'RevokeSessionPayload';
  /** The session that was ended. */
  readonly id: Scalars['ID']['output'];
};

/** Each role has the rights of the roles before it. */
export type Role =
  | 'ADMIN'
  | 'MODERATOR'
  | 'USER';

/** What can be given as second factor. */
export type SecondFactor =
  | 'PASSKEY'
  | 'RECOVERY_CODE'
  /** A code of an authenticator app. */
  | 'TOTP';

/** A service that gets access tokens for itself, by `POST /token` with `grant_type=client_credentials`. */
export type ServiceClient = {
  readonly __typename?: 'ServiceClient';
  readonly createdAt: Scalars['DateTime']['output'];
  /** When it was disabled; null while it is enabled. */
  readonly disabledAt: Maybe<Scalars['DateTime']['output']>;
  /** Its `client_id`. */
  readonly id: Scalars['ID']['output'];
  readonly name: Scalars['String']['output'];
  /** Until when the previous secret is accepted too; null if the secret was never rotated. */
  readonly previousSecretExpiresAt: Maybe<Scalars['DateTime']['output']>;
  /** The scopes that it may request; none if empty. */
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
};

export type ServiceClientConnection = {
  readonly __typename?: 'ServiceClientConnection';
  readonly edges: ReadonlyArray<ServiceClientEdge>;
  readonly pageInfo: PageInfo;
};

export type ServiceClientEdge = {
  readonly __typename?: 'ServiceClientEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: ServiceClient;
};

/** A service client and its new secret. */
export type ServiceClientSecretPayload = {
  readonly __typename?: 'ServiceClientSecretPayload';
  readonly client: ServiceClient;
  /** Shown only once; the server stores a digest. */
  readonly secret: Scalars['String']['output'];
};

/** One sign-in on one device. */
export type Session = {
  readonly __typename?: 'Session';
  /** When its owner last proved who they are: by signing in, or by changing the password. A refresh proves nothing. */
  readonly authenticatedAt: Scalars['DateTime']['output'];
  readonly createdAt: Scalars['DateTime']['output'];
  /** Whether this request belongs to the session. */
  readonly current: Scalars['Boolean']['output'];
  /** When the session ends, unless it is refreshed before. */
  readonly expiresAt: Scalars['DateTime']['output'];
  /** Identifies the session; it is not a credential. */
  readonly id: Scalars['ID']['output'];
  readonly ip: Maybe<Scalars['String']['output']>;
  /** The last login or refresh. */
  readonly lastSeenAt: Scalars['DateTime']['output'];
  readonly userAgent: Maybe<Scalars['String']['output']>;
};

export type SessionConnection = {
  readonly __typename?: 'SessionConnection';
  readonly edges: ReadonlyArray<SessionEdge>;
  readonly pageInfo: PageInfo;
};

export type SessionEdge = {
  readonly __typename?: 'SessionEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Session;
};

export type SetUserRoleInput = {
  readonly role: Role;
  readonly userId: Scalars['ID']['input'];
};

/** The step that completes a sign-in. */
export type SignInChallenge = {
  readonly __typename?: 'SignInChallenge';
  /** Seconds until the challenge expires. */
  readonly expiresIn: Scalars['Int']['output'];
  /** For CONFIRM_EMAIL: the code in the mail is valid only together with it. */
  readonly handle: Maybe<Scalars['String']['output']>;
  /** The second factors that this account can give. */
  readonly methods: ReadonlyArray<SecondFactor>;
  /** For SECOND_FACTOR_REQUIRED and ENROL_SECOND_FACTOR. It is a secret. */
  readonly token: Maybe<Scalars['String']['output']>;
};

/**
 * The answer to every sign-in. SIGNED_IN: the session and its tokens are here. Any other status: one more step is needed, `challenge`
 * says which, and there is neither a session nor a token yet.
 */
export type SignInPayload = {
  readonly __typename?: 'SignInPayload';
  /** Null with delivery by cookie. */
  readonly accessToken: Maybe<Scalars['String']['output']>;
  /** Null when signed in. */
  readonly challenge: Maybe<SignInChallenge>;
  /** Seconds until the access token expires. */
  readonly expiresIn: Maybe<Scalars['Int']['output']>;
  /** Null with delivery by cookie. */
  readonly refreshToken: Maybe<Scalars['String']['output']>;
  readonly session: Maybe<Session>;
  readonly status: SignInStatus;
  /** Always Bearer. */
  readonly tokenType: Maybe<Scalars['String']['output']>;
  readonly user: Maybe<User>;
};

/** How far a sign-in has come. This version answers SIGNED_IN only: the other values belong to steps that later versions add. */
export type SignInStatus =
  /** The email address must be confirmed first. */
  | 'CONFIRM_EMAIL'
  /** The role of the account demands a second factor, and the account has none yet. */
  | 'ENROL_SECOND_FACTOR'
  /** The account has a second factor, which must be given too. */
  | 'SECOND_FACTOR_REQUIRED'
  | 'SIGNED_IN';

export type SignupInput = {
  readonly delivery?: TokenDelivery;
  /** One account per email: case and Unicode spelling do not count, and the domain is stored in ASCII (`xn--mnchen-3ya.example`). */
  readonly email: Scalars['String']['input'];
  /** At most 100 characters. */
  readonly name?: InputMaybe<Scalars['String']['input']>;
  /** At least 15 characters (servers may allow 8), at most 1024 bytes. All characters are allowed; nothing is cut. */
  readonly password: Scalars['String']['input'];
};

/** How the tokens reach the caller. */
export type TokenDelivery =
  /** In the response, for apps and programs that store tokens themselves. */
  | 'BODY'
  /**
   * In cookies that no script can read, for pages in a browser. If the server is configured without cookies: BAD_USER_INPUT, reason
   * COOKIES_OFF. For a page whose origin is neither the server's own nor in CORS_ORIGINS: FORBIDDEN, reason ORIGIN.
   */
  | 'COOKIE';

export type UnlinkIdentityInput = {
  /** Needed unless the session's last sign-in is recent. */
  readonly currentPassword?: InputMaybe<Scalars['String']['input']>;
  readonly id: Scalars['ID']['input'];
};

export type UnlinkIdentityPayload = {
  readonly __typename?: 'UnlinkIdentityPayload';
  /** The identity that was unlinked. */
  readonly id: Scalars['ID']['output'];
};

/** An account. Any signed-in caller may read its id and name; the other fields are for its owner and for moderators. */
export type User = {
  readonly __typename?: 'User';
  readonly createdAt: Maybe<Scalars['DateTime']['output']>;
  /** When an administrator disabled the account; null while it is enabled. */
  readonly disabledAt: Maybe<Scalars['DateTime']['output']>;
  readonly email: Maybe<Scalars['String']['output']>;
  /** Whether a password opens the account. For its owner only. */
  readonly hasPassword: Maybe<Scalars['Boolean']['output']>;
  readonly id: Scalars['ID']['output'];
  /** The identities at providers that open the account, oldest first. For its owner only. */
  readonly identities: Maybe<IdentityConnection>;
  /** The display name; null if none was given. */
  readonly name: Maybe<Scalars['String']['output']>;
  readonly role: Maybe<Role>;
};


/** An account. Any signed-in caller may read its id and name; the other fields are for its owner and for moderators. */
export type UserIdentitiesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

export type UserConnection = {
  readonly __typename?: 'UserConnection';
  readonly edges: ReadonlyArray<UserEdge>;
  readonly pageInfo: PageInfo;
};

export type UserEdge = {
  readonly __typename?: 'UserEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: User;
};

/** The caller, as the server identified it. */
export type Viewer = {
  readonly __typename?: 'Viewer';
  /** When the credential expires. */
  readonly expiresAt: Maybe<Scalars['DateTime']['output']>;
  readonly kind: ViewerKind;
  readonly role: Maybe<Role>;
  /** What the credential may do, within what the role allows. `*` is everything; `interactive` marks the session of a user who signed in. */
  readonly scopes: ReadonlyArray<Scalars['String']['output']>;
  readonly user: Maybe<User>;
};

/** The kind of credential that identifies the caller. */
export type ViewerKind =
  /** No credential was presented. */
  | 'ANONYMOUS'
  /** An API key: X-API-Key: fg_… */
  | 'API_KEY'
  /** Email and password, if the server is configured for it: Authorization: Basic … */
  | 'BASIC'
  /** An access token: Authorization: Bearer … */
  | 'BEARER'
  /** An access token in the session cookie. */
  | 'COOKIE'
  /** An access token of a service client, which acts for itself: it has no user and no role. */
  | 'SERVICE';



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  ApiKey: ResolverTypeWrapper<ApiKeyModel>;
  ApiKeyConnection: ResolverTypeWrapper<Omit<ApiKeyConnection, 'edges'> & { edges: ReadonlyArray<ResolversTypes['ApiKeyEdge']> }>;
  ApiKeyEdge: ResolverTypeWrapper<Omit<ApiKeyEdge, 'node'> & { node: ResolversTypes['ApiKey'] }>;
  AuthEvent: ResolverTypeWrapper<AuthEventModel>;
  AuthEventActor: ResolverTypeWrapper<AuthEventActor>;
  AuthEventConnection: ResolverTypeWrapper<Omit<AuthEventConnection, 'edges'> & { edges: ReadonlyArray<ResolversTypes['AuthEventEdge']> }>;
  AuthEventEdge: ResolverTypeWrapper<Omit<AuthEventEdge, 'node'> & { node: ResolversTypes['AuthEvent'] }>;
  AuthEventFilter: AuthEventFilter;
  AuthEventMetadata: ResolverTypeWrapper<AuthEventMetadata>;
  AuthEventOutcome: AuthEventOutcome;
  AuthPayload: ResolverTypeWrapper<DeliveredTokens>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  ChangePasswordInput: ChangePasswordInput;
  CreateApiKeyInput: CreateApiKeyInput;
  CreateApiKeyPayload: ResolverTypeWrapper<Omit<CreateApiKeyPayload, 'apiKey'> & { apiKey: ResolversTypes['ApiKey'] }>;
  CreateServiceClientInput: CreateServiceClientInput;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Identity: ResolverTypeWrapper<IdentityModel>;
  IdentityConnection: ResolverTypeWrapper<Omit<IdentityConnection, 'edges'> & { edges: ReadonlyArray<ResolversTypes['IdentityEdge']> }>;
  IdentityEdge: ResolverTypeWrapper<Omit<IdentityEdge, 'node'> & { node: ResolversTypes['Identity'] }>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  LinkIdentityInput: LinkIdentityInput;
  LinkIdentityPayload: ResolverTypeWrapper<Omit<LinkIdentityPayload, 'identity'> & { identity: ResolversTypes['Identity'] }>;
  LoginInput: LoginInput;
  LoginWithProviderInput: LoginWithProviderInput;
  LogoutInput: LogoutInput;
  LogoutPayload: ResolverTypeWrapper<LogoutPayload>;
  LogoutScope: LogoutScope;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RefreshInput: RefreshInput;
  RevokeApiKeyPayload: ResolverTypeWrapper<Omit<RevokeApiKeyPayload, 'apiKey'> & { apiKey: ResolversTypes['ApiKey'] }>;
  RevokeSessionPayload: ResolverTypeWrapper<RevokeSessionPayload>;
  Role: ResolverTypeWrapper<RoleModel>;
  SecondFactor: SecondFactor;
  ServiceClient: ResolverTypeWrapper<ServiceClientModel>;
  ServiceClientConnection: ResolverTypeWrapper<Omit<ServiceClientConnection, 'edges'> & { edges: ReadonlyArray<ResolversTypes['ServiceClientEdge']> }>;
  ServiceClientEdge: ResolverTypeWrapper<Omit<ServiceClientEdge, 'node'> & { node: ResolversTypes['ServiceClient'] }>;
  ServiceClientSecretPayload: ResolverTypeWrapper<ClientWithSecret>;
  Session: ResolverTypeWrapper<SessionModel>;
  SessionConnection: ResolverTypeWrapper<Omit<SessionConnection, 'edges'> & { edges: ReadonlyArray<ResolversTypes['SessionEdge']> }>;
  SessionEdge: ResolverTypeWrapper<Omit<SessionEdge, 'node'> & { node: ResolversTypes['Session'] }>;
  SetUserRoleInput: SetUserRoleInput;
  SignInChallenge: ResolverTypeWrapper<SignInChallenge>;
  SignInPayload: ResolverTypeWrapper<DeliveredTokens>;
  SignInStatus: SignInStatus;
  SignupInput: SignupInput;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  TokenDelivery: TokenDelivery;
  UnlinkIdentityInput: UnlinkIdentityInput;
  UnlinkIdentityPayload: ResolverTypeWrapper<UnlinkIdentityPayload>;
  User: ResolverTypeWrapper<UserModel>;
  UserConnection: ResolverTypeWrapper<Omit<UserConnection, 'edges'> & { edges: ReadonlyArray<ResolversTypes['UserEdge']> }>;
  UserEdge: ResolverTypeWrapper<Omit<UserEdge, 'node'> & { node: ResolversTypes['User'] }>;
  Viewer: ResolverTypeWrapper<ViewerModel>;
  ViewerKind: ViewerKind;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  ApiKey: ApiKeyModel;
  ApiKeyConnection: Omit<ApiKeyConnection, 'edges'> & { edges: ReadonlyArray<ResolversParentTypes['ApiKeyEdge']> };
  ApiKeyEdge: Omit<ApiKeyEdge, 'node'> & { node: ResolversParentTypes['ApiKey'] };
  AuthEvent: AuthEventModel;
  AuthEventActor: AuthEventActor;
  AuthEventConnection: Omit<AuthEventConnection, 'edges'> & { edges: ReadonlyArray<ResolversParentTypes['AuthEventEdge']> };
  AuthEventEdge: Omit<AuthEventEdge, 'node'> & { node: ResolversParentTypes['AuthEvent'] };
  AuthEventFilter: AuthEventFilter;
  AuthEventMetadata: AuthEventMetadata;
  AuthPayload: DeliveredTokens;
  Boolean: Scalars['Boolean']['output'];
  ChangePasswordInput: ChangePasswordInput;
  CreateApiKeyInput: CreateApiKeyInput;
  CreateApiKeyPayload: Omit<CreateApiKeyPayload, 'apiKey'> & { apiKey: ResolversParentTypes['ApiKey'] };
  CreateServiceClientInput: CreateServiceClientInput;
  DateTime: Scalars['DateTime']['output'];
  ID: Scalars['ID']['output'];
  Identity: IdentityModel;
  IdentityConnection: Omit<IdentityConnection, 'edges'> & { edges: ReadonlyArray<ResolversParentTypes['IdentityEdge']> };
  IdentityEdge: Omit<IdentityEdge, 'node'> & { node: ResolversParentTypes['Identity'] };
  Int: Scalars['Int']['output'];
  LinkIdentityInput: LinkIdentityInput;
  LinkIdentityPayload: Omit<LinkIdentityPayload, 'identity'> & { identity: ResolversParentTypes['Identity'] };
  LoginInput: LoginInput;
  LoginWithProviderInput: LoginWithProviderInput;
  LogoutInput: LogoutInput;
  LogoutPayload: LogoutPayload;
  Mutation: Record<PropertyKey, never>;
  PageInfo: PageInfo;
  Query: Record<PropertyKey, never>;
  RefreshInput: RefreshInput;
  RevokeApiKeyPayload: Omit<RevokeApiKeyPayload, 'apiKey'> & { apiKey: ResolversParentTypes['ApiKey'] };
  RevokeSessionPayload: RevokeSessionPayload;
  ServiceClient: ServiceClientModel;
  ServiceClientConnection: Omit<ServiceClientConnection, 'edges'> & { edges: ReadonlyArray<ResolversParentTypes['ServiceClientEdge']> };
  ServiceClientEdge: Omit<ServiceClientEdge, 'node'> & { node: ResolversParentTypes['ServiceClient'] };
  ServiceClientSecretPayload: ClientWithSecret;
  Session: SessionModel;
  SessionConnection: Omit<SessionConnection, 'edges'> & { edges: ReadonlyArray<ResolversParentTypes['SessionEdge']> };
  SessionEdge: Omit<SessionEdge, 'node'> & { node: ResolversParentTypes['Session'] };
  SetUserRoleInput: SetUserRoleInput;
  SignInChallenge: SignInChallenge;
  SignInPayload: DeliveredTokens;
  SignupInput: SignupInput;
  String: Scalars['String']['output'];
  UnlinkIdentityInput: UnlinkIdentityInput;
  UnlinkIdentityPayload: UnlinkIdentityPayload;
  User: UserModel;
  UserConnection: Omit<UserConnection, 'edges'> & { edges: ReadonlyArray<ResolversParentTypes['UserEdge']> };
  UserEdge: Omit<UserEdge, 'node'> & { node: ResolversParentTypes['User'] };
  Viewer: ViewerModel;
};

export type LimitDirectiveArgs = {
  bucket: Scalars['String']['input'];
  cost?: Maybe<Scalars['Int']['input']>;
};

export type LimitDirectiveResolver<Result, Parent, ContextType = RequestContext, Args = LimitDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type ApiKeyResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApiKey'] = ResolversParentTypes['ApiKey']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lastUsedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  prefix?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  revokedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ApiKeyConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApiKeyConnection'] = ResolversParentTypes['ApiKeyConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ApiKeyEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ApiKeyEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ApiKeyEdge'] = ResolversParentTypes['ApiKeyEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType>;
};

export type AuthEventResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AuthEvent'] = ResolversParentTypes['AuthEvent']> = {
  actor?: Resolver<ResolversTypes['AuthEventActor'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  ip?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  metadata?: Resolver<ReadonlyArray<ResolversTypes['AuthEventMetadata']>, ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['AuthEventOutcome'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  requestId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  sessionId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  time?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  type?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  userAgent?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  userId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type AuthEventActorResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AuthEventActor'] = ResolversParentTypes['AuthEventActor']> = {
  id?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AuthEventConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AuthEventConnection'] = ResolversParentTypes['AuthEventConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AuthEventEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AuthEventEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AuthEventEdge'] = ResolversParentTypes['AuthEventEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['AuthEvent'], ParentType, ContextType>;
};

export type AuthEventMetadataResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AuthEventMetadata'] = ResolversParentTypes['AuthEventMetadata']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AuthPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['AuthPayload'] = ResolversParentTypes['AuthPayload']> = {
  accessToken?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  expiresIn?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  refreshToken?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  session?: Resolver<ResolversTypes['Session'], ParentType, ContextType>;
  tokenType?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  user?: Resolver<ResolversTypes['User'], ParentType, ContextType>;
};

export type CreateApiKeyPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['CreateApiKeyPayload'] = ResolversParentTypes['CreateApiKeyPayload']> = {
  apiKey?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType>;
  secret?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type IdentityResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Identity'] = ResolversParentTypes['Identity']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  lastUsedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  provider?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type IdentityConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['IdentityConnection'] = ResolversParentTypes['IdentityConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['IdentityEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type IdentityEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['IdentityEdge'] = ResolversParentTypes['IdentityEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Identity'], ParentType, ContextType>;
};

export type LinkIdentityPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['LinkIdentityPayload'] = ResolversParentTypes['LinkIdentityPayload']> = {
  identity?: Resolver<ResolversTypes['Identity'], ParentType, ContextType>;
};

export type LogoutPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['LogoutPayload'] = ResolversParentTypes['LogoutPayload']> = {
  endedSessions?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type MutationResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  changePassword?: Resolver<ResolversTypes['AuthPayload'], ParentType, ContextType, RequireFields<MutationChangePasswordArgs, 'input'>>;
  createApiKey?: Resolver<ResolversTypes['CreateApiKeyPayload'], ParentType, ContextType, RequireFields<MutationCreateApiKeyArgs, 'input'>>;
  createServiceClient?: Resolver<ResolversTypes['ServiceClientSecretPayload'], ParentType, ContextType, RequireFields<MutationCreateServiceClientArgs, 'input'>>;
  disableServiceClient?: Resolver<ResolversTypes['ServiceClient'], ParentType, ContextType, RequireFields<MutationDisableServiceClientArgs, 'id'>>;
  disableUser?: Resolver<ResolversTypes['User'], ParentType, ContextType, RequireFields<MutationDisableUserArgs, 'id'>>;
  enableUser?: Resolver<ResolversTypes['User'], ParentType, ContextType, RequireFields<MutationEnableUserArgs, 'id'>>;
  linkIdentity?: Resolver<ResolversTypes['LinkIdentityPayload'], ParentType, ContextType, RequireFields<MutationLinkIdentityArgs, 'input'>>;
  login?: Resolver<ResolversTypes['SignInPayload'], ParentType, ContextType, RequireFields<MutationLoginArgs, 'input'>>;
  loginWithProvider?: Resolver<ResolversTypes['SignInPayload'], ParentType, ContextType, RequireFields<MutationLoginWithProviderArgs, 'input'>>;
  logout?: Resolver<ResolversTypes['LogoutPayload'], ParentType, ContextType, Partial<MutationLogoutArgs>>;
  refresh?: Resolver<ResolversTypes['AuthPayload'], ParentType, ContextType, Partial<MutationRefreshArgs>>;
  revokeApiKey?: Resolver<ResolversTypes['RevokeApiKeyPayload'], ParentType, ContextType, RequireFields<MutationRevokeApiKeyArgs, 'id'>>;
  revokeSession?: Resolver<ResolversTypes['RevokeSessionPayload'], ParentType, ContextType, RequireFields<MutationRevokeSessionArgs, 'id'>>;
  revokeUserSessions?: Resolver<ResolversTypes['LogoutPayload'], ParentType, ContextType, RequireFields<MutationRevokeUserSessionsArgs, 'userId'>>;
  rotateServiceClientSecret?: Resolver<ResolversTypes['ServiceClientSecretPayload'], ParentType, ContextType, RequireFields<MutationRotateServiceClientSecretArgs, 'endPrevious' | 'id'>>;
  setUserRole?: Resolver<ResolversTypes['User'], ParentType, ContextType, RequireFields<MutationSetUserRoleArgs, 'input'>>;
  signup?: Resolver<ResolversTypes['SignInPayload'], ParentType, ContextType, RequireFields<MutationSignupArgs, 'input'>>;
  unlinkIdentity?: Resolver<ResolversTypes['UnlinkIdentityPayload'], ParentType, ContextType, RequireFields<MutationUnlinkIdentityArgs, 'input'>>;
  unlockUser?: Resolver<ResolversTypes['User'], ParentType, ContextType, RequireFields<MutationUnlockUserArgs, 'id'>>;
};

export type PageInfoResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  apiKeys?: Resolver<Maybe<ResolversTypes['ApiKeyConnection']>, ParentType, ContextType, RequireFields<QueryApiKeysArgs, 'first'>>;
  authEvents?: Resolver<Maybe<ResolversTypes['AuthEventConnection']>, ParentType, ContextType, RequireFields<QueryAuthEventsArgs, 'first'>>;
  hello?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  identities?: Resolver<Maybe<ResolversTypes['IdentityConnection']>, ParentType, ContextType, RequireFields<QueryIdentitiesArgs, 'first'>>;
  me?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
  securityEvents?: Resolver<Maybe<ResolversTypes['AuthEventConnection']>, ParentType, ContextType, RequireFields<QuerySecurityEventsArgs, 'first'>>;
  serviceClients?: Resolver<Maybe<ResolversTypes['ServiceClientConnection']>, ParentType, ContextType, RequireFields<QueryServiceClientsArgs, 'first'>>;
  sessions?: Resolver<Maybe<ResolversTypes['SessionConnection']>, ParentType, ContextType, RequireFields<QuerySessionsArgs, 'first'>>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType, RequireFields<QueryUserArgs, 'id'>>;
  users?: Resolver<Maybe<ResolversTypes['UserConnection']>, ParentType, ContextType, RequireFields<QueryUsersArgs, 'first'>>;
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>;
};

export type RevokeApiKeyPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RevokeApiKeyPayload'] = ResolversParentTypes['RevokeApiKeyPayload']> = {
  apiKey?: Resolver<ResolversTypes['ApiKey'], ParentType, ContextType>;
};

export type RevokeSessionPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['RevokeSessionPayload'] = ResolversParentTypes['RevokeSessionPayload']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type RoleResolvers = EnumResolverSignature<{ ADMIN?: any, MODERATOR?: any, USER?: any }, ResolversTypes['Role']>;

export type ServiceClientResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ServiceClient'] = ResolversParentTypes['ServiceClient']> = {
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  disabledAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  previousSecretExpiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
};

export type ServiceClientConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ServiceClientConnection'] = ResolversParentTypes['ServiceClientConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ServiceClientEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ServiceClientEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ServiceClientEdge'] = ResolversParentTypes['ServiceClientEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['ServiceClient'], ParentType, ContextType>;
};

export type ServiceClientSecretPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['ServiceClientSecretPayload'] = ResolversParentTypes['ServiceClientSecretPayload']> = {
  client?: Resolver<ResolversTypes['ServiceClient'], ParentType, ContextType>;
  secret?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SessionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Session'] = ResolversParentTypes['Session']> = {
  authenticatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  current?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  ip?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  lastSeenAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  userAgent?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SessionConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SessionConnection'] = ResolversParentTypes['SessionConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['SessionEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type SessionEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SessionEdge'] = ResolversParentTypes['SessionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Session'], ParentType, ContextType>;
};

export type SignInChallengeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SignInChallenge'] = ResolversParentTypes['SignInChallenge']> = {
  expiresIn?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  handle?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  methods?: Resolver<ReadonlyArray<ResolversTypes['SecondFactor']>, ParentType, ContextType>;
  token?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SignInPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['SignInPayload'] = ResolversParentTypes['SignInPayload']> = {
  accessToken?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  challenge?: Resolver<Maybe<ResolversTypes['SignInChallenge']>, ParentType, ContextType>;
  expiresIn?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  refreshToken?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  session?: Resolver<Maybe<ResolversTypes['Session']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['SignInStatus'], ParentType, ContextType>;
  tokenType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
};

export type UnlinkIdentityPayloadResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['UnlinkIdentityPayload'] = ResolversParentTypes['UnlinkIdentityPayload']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type UserResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['User'] = ResolversParentTypes['User']> = {
  createdAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  disabledAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasPassword?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  identities?: Resolver<Maybe<ResolversTypes['IdentityConnection']>, ParentType, ContextType, RequireFields<UserIdentitiesArgs, 'first'>>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  role?: Resolver<Maybe<ResolversTypes['Role']>, ParentType, ContextType>;
};

export type UserConnectionResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['UserConnection'] = ResolversParentTypes['UserConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['UserEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type UserEdgeResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['UserEdge'] = ResolversParentTypes['UserEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['User'], ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = RequestContext, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer']> = {
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['ViewerKind'], ParentType, ContextType>;
  role?: Resolver<Maybe<ResolversTypes['Role']>, ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = RequestContext> = {
  ApiKey?: ApiKeyResolvers<ContextType>;
  ApiKeyConnection?: ApiKeyConnectionResolvers<ContextType>;
  ApiKeyEdge?: ApiKeyEdgeResolvers<ContextType>;
  AuthEvent?: AuthEventResolvers<ContextType>;
  AuthEventActor?: AuthEventActorResolvers<ContextType>;
  AuthEventConnection?: AuthEventConnectionResolvers<ContextType>;
  AuthEventEdge?: AuthEventEdgeResolvers<ContextType>;
  AuthEventMetadata?: AuthEventMetadataResolvers<ContextType>;
  AuthPayload?: AuthPayloadResolvers<ContextType>;
  CreateApiKeyPayload?: CreateApiKeyPayloadResolvers<ContextType>;
  DateTime?: GraphQLScalarType;
  Identity?: IdentityResolvers<ContextType>;
  IdentityConnection?: IdentityConnectionResolvers<ContextType>;
  IdentityEdge?: IdentityEdgeResolvers<ContextType>;
  LinkIdentityPayload?: LinkIdentityPayloadResolvers<ContextType>;
  LogoutPayload?: LogoutPayloadResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  RevokeApiKeyPayload?: RevokeApiKeyPayloadResolvers<ContextType>;
  RevokeSessionPayload?: RevokeSessionPayloadResolvers<ContextType>;
  Role?: RoleResolvers;
  ServiceClient?: ServiceClientResolvers<ContextType>;
  ServiceClientConnection?: ServiceClientConnectionResolvers<ContextType>;
  ServiceClientEdge?: ServiceClientEdgeResolvers<ContextType>;
  ServiceClientSecretPayload?: ServiceClientSecretPayloadResolvers<ContextType>;
  Session?: SessionResolvers<ContextType>;
  SessionConnection?: SessionConnectionResolvers<ContextType>;
  SessionEdge?: SessionEdgeResolvers<ContextType>;
  SignInChallenge?: SignInChallengeResolvers<ContextType>;
  SignInPayload?: SignInPayloadResolvers<ContextType>;
  UnlinkIdentityPayload?: UnlinkIdentityPayloadResolvers<ContextType>;
  User?: UserResolvers<ContextType>;
  UserConnection?: UserConnectionResolvers<ContextType>;
  UserEdge?: UserEdgeResolvers<ContextType>;
  Viewer?: ViewerResolvers<ContextType>;
};

export type DirectiveResolvers<ContextType = RequestContext> = {
  limit?: LimitDirectiveResolver<any, any, ContextType>;
};
