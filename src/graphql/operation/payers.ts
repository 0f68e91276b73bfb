import type { ClientInfo, CredentialSource, Viewer } from '@fieldgate/guard';
import { anonymous } from '@fieldgate/guard/core';
import { presentedBearer, readAuthorization } from '@fieldgate/guard/server';
import { LRUCache } from 'lru-cache';
import type { Clock, EpochMillis } from '../../domain/clock.ts';
import { type CallerIdentity, callerKey } from '../../domain/rate-limit.ts';
import type { AccessTokenClaims } from '../../services/introspection.ts';
import type { Payer } from '../../services/limits.ts';
import type { RequestState } from '../context.ts';

/** A request whose consumption is counted. */
export type CountedRequest = CredentialSource & { readonly client: ClientInfo; readonly state: RequestState };

export type PayersDeps = {
  /** Verifies an access token by its signature and its times alone. Asks no store. */
  readonly verifyToken: (token: string, now: EpochMillis) => Verification;
  /** Returns the access token in the cookies that this request may use, null if there is none. */
  readonly tokenInCookies: (source: CredentialSource) => string | null;
  /** Returns a digest that only this process can compute. */
  readonly digest: (credential: string) => string;
  readonly clock: Clock;
};

type Verification = { readonly kind: 'valid'; readonly claims: AccessTokenClaims } | { readonly kind: 'invalid' };

/** How long a store's answer about an API key or a password says who pays. */
const confirmedMs = 60_000;
const maxConfirmed = 10_000;

type Confirmed = { readonly identity: CallerIdentity; readonly until: EpochMillis };

/**
 * Finds who pays for a request: the account, key or service of its credential, else its address. That says whom to count, never who
 * may read.
 *
 * An access token says by itself whose it is. An API key or a password does not (an id or a checksum can be made up): its owner pays
 * only while a store confirmed that very credential within the last minute, and the address before.
 */
export const createPayers = ({ verifyToken, tokenInCookies, digest, clock }: PayersDeps) => {
  /** A verified token has one object of claims as long as it is cached. */
  const byClaims = new WeakMap<AccessTokenClaims, Payer>();
  const confirmed = new LRUCache<string, Confirmed>({ max: maxConfirmed });

  const rememberPayer = (claims: AccessTokenClaims): Payer => {
    const identity: CallerIdentity =
      claims.kind === 'account' ? { kind: 'account', id: claims.userId } : { kind: 'service', id: claims.clientId };
    const payer = { key: callerKey(identity, null), identity, digest: null, isSettled: true };
    byClaims.set(claims, payer);
    return payer;
  };

  const findWithoutBearer = (request: CountedRequest): Payer => {
    const token = tokenInCookies(request);
    const verification = token === null ? null : verifyToken(token, clock());
    if (verification?.kind === 'valid') return byClaims.get(verification.claims) ?? rememberPayer(verification.claims);
    const credential = storedCredential(request);
    if (credential === null) return toPayer(anonymous, request, null);
    const presented = digest(credential);
    const known = confirmed.get(presented);
    return toPayer(known && clock() < known.until ? known.identity : anonymous, request, presented);
  };

  return {
    find: (request: CountedRequest): Payer => {
      const token = presentedBearer(request);
      const verification = token === null ? null : verifyToken(token, clock());
      if (verification?.kind !== 'valid') return findWithoutBearer(request);
      return byClaims.get(verification.claims) ?? rememberPayer(verification.claims);
    },

    /**
     * Call it with the viewer whom the plan of the operation asked for. If that is another one than the payer so far, makes it pay from
     * now on, and returns true.
     */
    settle: (viewer: Viewer, request: CountedRequest): boolean => {
      const { state } = request;
      if (viewer.kind === 'anonymous') return false;
      if (state.payer?.digest) {
        confirmed.set(state.payer.digest, { identity: viewer, until: clock() + confirmedMs });
      }
      if (state.payer && state.payer.identity.kind !== 'anonymous') return false;
      state.payer = toPayer(viewer, request, null);
      return true;
    },
  };
};

const toPayer = (identity: CallerIdentity, { client }: CountedRequest, digest: string | null): Payer => ({
  key: callerKey(identity, client.ip),
  identity,
  digest,
  isSettled: false,
});

/** The credential of a request that only a store can confirm: an API key, or a name and password. Null if there is none. */
const storedCredential = (source: CredentialSource): string | null => {
  const key = source.header('x-api-key')?.trim();
  if (key) return `key ${key}`;
  const authorization = readAuthorization(source);
  return authorization.kind === 'credential' && authorization.scheme === 'basic'
    ? `basic ${authorization.value}`
    : null;
};
