/**
 * The tables in both dialects. Only types that mean the same in SQLite and PostgreSQL: text and integers (times are epoch
 * milliseconds). The application creates identifiers and times, never the database.
 */
export type Schema = {
  readonly users: UsersTable;
  readonly sessions: SessionsTable;
  readonly revocations: RevocationsTable;
  readonly account_changes: AccountChangesTable;
  readonly api_keys: ApiKeysTable;
  readonly service_clients: ServiceClientsTable;
  readonly revoked_service_tokens: RevokedServiceTokensTable;
  readonly events: EventsTable;
  readonly login_attempts: LoginAttemptsTable;
  readonly identities: IdentitiesTable;
  readonly login_codes: LoginCodesTable;
  readonly spent_oauth_states: SpentOAuthStatesTable;
  readonly signing_keys: SigningKeysTable;
  readonly account_roles: AccountRolesTable;
  readonly rate_counters: RateCountersTable;
};

export type UsersTable = {
  readonly id: string;
  /** Normalised by the application; unique. */
  readonly email: string;
  readonly name: string;
  /** Email (its domain in ASCII and in Unicode) and name, folded by `searchText`: `lower()` of SQLite folds ASCII only. */
  readonly search_text: string;
  /** Empty: the account has no password. */
  readonly password_hash: string;
  readonly role: string;
  readonly created_at: number;
  readonly disabled_at: number | null;
  readonly version: number;
  /** See `User.sessionsFrom`. */
  readonly sessions_from: number;
};

/** One row per live session, however often it is refreshed. A session that ends is deleted. */
export type SessionsTable = {
  readonly id: string;
  readonly user_id: string;
  /** The version of the account that the session was started for, or was kept by. */
  readonly account_version: number;
  readonly family_digest: string;
  /** Of the current token. */
  readonly token_digest: string;
  /** Of the last spent token. While it is set, its successor is current, that is, unused. */
  readonly previous_digest: string | null;
  readonly successor_nonce: string | null;
  readonly rotated_at: number | null;
  readonly created_at: number;
  readonly last_seen_at: number;
  /** When the owner last proved who they are. */
  readonly authenticated_at: number;
  /** Never beyond `absolute_expires_at`, so that this column alone decides whether the session has expired. */
  readonly expires_at: number;
  readonly absolute_expires_at: number;
  readonly ip: string | null;
  readonly user_agent: string | null;
};

/** The journal of revocations. One row per session, or per account with an empty session. */
export type RevocationsTable = {
  readonly user_id: string;
  readonly session_id: string;
  /** Null: the session has ended. Otherwise the only family whose refresh tokens are still valid. */
  readonly family_digest: string | null;
  readonly expires_at: number;
};

/** One row per account that changed; triggers write it. */
export type AccountChangesTable = {
  readonly user_id: string;
  readonly version: number;
};

/** One row per API key, kept after it expires. Holds only a digest of the secret. */
export type ApiKeysTable = {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly digest: string;
  /** Separated by spaces. */
  readonly scopes: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
};

export type ServiceClientsTable = {
  readonly id: string;
  readonly name: string;
  /** Separated by spaces. */
  readonly scopes: string;
  readonly secret_digest: string;
  /** Of the previous secret, and until when it is valid. */
  readonly previous_digest: string | null;
  readonly previous_expires_at: number | null;
  /** When the present secret was first used. */
  readonly secret_used_at: number | null;
  readonly created_at: number;
  readonly disabled_at: number | null;
};

/** By `jti`, until the token expires. */
export type RevokedServiceTokensTable = {
  readonly token_id: string;
  readonly expires_at: number;
};

/** One row per event, never changed. */
export type EventsTable = {
  readonly id: string;
  readonly time: number;
  readonly type: string;
  readonly outcome: string;
  readonly actor_kind: string;
  readonly actor_id: string | null;
  readonly user_id: string | null;
  readonly session_id: string | null;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly request_id: string | null;
  readonly reason: string | null;
  /** A JSON object. */
  readonly metadata: string;
};

/** One row per linked identity; unique by issuer and subject. */
export type IdentitiesTable = {
  readonly id: string;
  readonly user_id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly provider: string;
  readonly email: string | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
};

/** An identity that has just signed in at a provider, by the digest of the code that stands for it. Deleted by its first use. */
export type LoginCodesTable = {
  readonly digest: string;
  /** Of the verifier that the initiating page holds (RFC 7636, S256). */
  readonly challenge: string;
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  /** 0 or 1. */
  readonly email_verified: number;
  readonly name: string;
  readonly expires_at: number;
};

/** States that came back from a provider, until they expire. */
export type SpentOAuthStatesTable = {
  readonly state: string;
  readonly expires_at: number;
};

/** One row per key that was created after those of the configuration, until it has expired. See `SigningKeyRecord`. */
export type SigningKeysTable = {
  readonly kid: string;
  readonly root: string;
  /** Unique. */
  readonly succeeds: string;
  readonly published_at: number;
  readonly signs_from: number;
  readonly predecessor_until: number;
  readonly sealed_public: string;
  readonly sealed_private: string | null;
};

/** One row per email with attempts that still count. */
export type LoginAttemptsTable = {
  readonly email_digest: string;
  /** JSON, written and compared as a whole. */
  readonly attempts: string;
  readonly expires_at: number;
};

/** The roles that accounts can have: see `syncRoles`. */
export type AccountRolesTable = { readonly name: string };

/** In PostgreSQL only. One row per running counter. */
export type RateCountersTable = {
  /** The limit and the caller. */
  readonly key: string;
  readonly points: number;
  readonly expire: number;
};
