/**
 * The tables as both dialects hold them. Only types that mean the same in SQLite and PostgreSQL: text, and whole
 * numbers (times are epoch milliseconds). Identifiers and times are made by the application, never by the database.
 */
export type Schema = {
  readonly users: UsersTable;
  readonly sessions: SessionsTable;
  readonly revocations: RevocationsTable;
  readonly api_keys: ApiKeysTable;
  readonly service_clients: ServiceClientsTable;
  readonly revoked_service_tokens: RevokedServiceTokensTable;
  readonly events: EventsTable;
  readonly login_attempts: LoginAttemptsTable;
  readonly identities: IdentitiesTable;
  readonly login_codes: LoginCodesTable;
  readonly spent_oauth_states: SpentOAuthStatesTable;
  readonly signing_keys: SigningKeysTable;
  readonly rate_counters: RateCountersTable;
};

export type UsersTable = {
  readonly id: string;
  /** Normalised by the application; unique. */
  readonly email: string;
  readonly name: string;
  /** Email and name, folded by `searchText`: `lower()` of SQLite knows ASCII only. */
  readonly search_text: string;
  /** Empty: the account has no password. */
  readonly password_hash: string;
  readonly role: string;
  readonly created_at: number;
  readonly disabled_at: number | null;
  readonly version: number;
};

/** One row per live session, however often it is refreshed. A session that ends is deleted; nothing is left behind. */
export type SessionsTable = {
  readonly id: string;
  readonly user_id: string;
  readonly family_digest: string;
  /** Of the token that is current. */
  readonly token_digest: string;
  /** Of the token spent last: while it stands here, its successor is current, which means unused. */
  readonly previous_digest: string | null;
  readonly successor_nonce: string | null;
  readonly rotated_at: number | null;
  readonly created_at: number;
  readonly last_seen_at: number;
  /** Never beyond `absolute_expires_at`, so that this one column decides whether the session is over. */
  readonly expires_at: number;
  readonly absolute_expires_at: number;
  readonly ip: string | null;
  readonly user_agent: string | null;
};

/** What a session store outside this database must not forget. One row per session, or per account with an empty session. */
export type RevocationsTable = {
  readonly user_id: string;
  readonly session_id: string;
  /** Null: the session is over. Otherwise the only family whose refresh tokens are still good. */
  readonly family_digest: string | null;
  readonly expires_at: number;
};

/** One row per API key, kept when it is over. Only the digest of the key itself is here. */
export type ApiKeysTable = {
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  readonly digest: string;
  /** With a space between them. */
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
  /** Of the secret before the present one, and until when it is good. */
  readonly previous_digest: string | null;
  readonly previous_expires_at: number | null;
  readonly created_at: number;
  readonly disabled_at: number | null;
};

/** By `jti`, until the token would have ended by itself. */
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

/** Who has just signed in at a provider, by the digest of the code that says so. Deleted by its first use. */
export type LoginCodesTable = {
  readonly digest: string;
  /** Of the verifier that whoever began the sign-in has (RFC 7636, S256). */
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

/** States that came back from a provider once, until they would have ended by themselves. */
export type SpentOAuthStatesTable = {
  readonly state: string;
  readonly expires_at: number;
};

/** One row per key that was made after those of the configuration, until it has ended. `SigningKeyRecord` says what is what. */
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

/** One row per email with tries that still count. */
export type LoginAttemptsTable = {
  readonly email_digest: string;
  /** JSON, written and compared as a whole. */
  readonly attempts: string;
  readonly expires_at: number;
};

/** In PostgreSQL only. One row per running counter. */
export type RateCountersTable = {
  /** The limit, and who is counted. */
  readonly key: string;
  readonly points: number;
  readonly expire: number;
};
