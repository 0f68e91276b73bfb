import type { AccessTokens, Verification } from '../crypto/access-token.ts';
import type { Clock } from '../domain/clock.ts';
import { serverActor } from '../domain/event.ts';
import { isRotationDue } from '../domain/signing-key.ts';
import { createKeyRotation, type KeyRotationDeps } from './key-rotation.ts';
import { createStoredKeys, type StoredKeysDeps } from './stored-keys.ts';

type KeyRingDeps = StoredKeysDeps & Omit<KeyRotationDeps, 'stored'>;

export type KeyRing = ReturnType<typeof createKeyRing>;

/**
 * The keys that sign and verify at each moment: those of the configuration, and their successors in the database. Every instance
 * reads them, and switches at the times stored with them.
 */
export const createKeyRing = (deps: KeyRingDeps) => {
  const stored = createStoredKeys(deps);
  const { publish, rotate, revoke } = createKeyRotation({ ...deps, stored });
  const { keys, list, read } = stored;
  let reload: Promise<void> | null = null;

  /** Reads the keys again for a token with an unknown `kid`. Any number of such tokens cause one read between two polls. */
  const reloadForUnknownKid = (): Promise<void> => {
    reload ??= read();
    return reload;
  };

  /** Reads the keys, and publishes the next one if it is due. Call it every `pollIntervalMs`. Rejects as `read` does. */
  const poll = async (): Promise<void> => {
    try {
      await read();
      if (isRotationDue(stored.newestRecord(), deps.times, deps.clock())) await publish(serverActor);
    } finally {
      reload = null;
    }
  };

  return { keys, list, read, reloadForUnknownKid, poll, rotate, revoke };
};

/** Creates `verify` for requests. A token with an unknown `kid` is verified again once the keys have been read. */
export const createRequestVerify =
  (
    accessTokens: Pick<AccessTokens, 'verify'>,
    { reloadForUnknownKid }: Pick<KeyRing, 'reloadForUnknownKid'>,
    clock: Clock,
  ) =>
  (token: string): Verification | Promise<Verification> => {
    const verification = accessTokens.verify(token, clock());
    if (verification.kind === 'valid' || verification.cause !== 'unknown key') return verification;
    return reloadForUnknownKid().then(() => accessTokens.verify(token, clock()));
  };
