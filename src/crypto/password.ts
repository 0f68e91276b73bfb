import { randomBytes } from 'node:crypto';
import { hash as argon2Hash, verify as argon2Verify, parseOptions } from '@node-rs/argon2';
import { createBoundedQueue, type QueueLoad } from './bounded-queue.ts';

/** The cost of a password hash: memory in KiB, passes over it, and parallel lanes. */
export type HashParameters = { readonly memoryKiB: number; readonly passes: number; readonly lanes: number };

export type PasswordHasherOptions = {
  /** Hashes computed at once. Each occupies a thread of libuv's pool (4 by default), which DNS and files need as well. */
  readonly concurrency?: number;
  /** Hashes that may wait; the next one is refused at once. At some 65 ms each, 32 take about a second. */
  readonly maxQueue?: number;
  readonly parameters?: HashParameters;
  /** Allows unsafe `parameters`, for tests that hash hundreds of passwords. */
  readonly weakForTests?: boolean;
};

/** `needsRehash`: the password is right, and its hash has other parameters than new hashes. */
export type PasswordMatch = { readonly match: boolean; readonly needsRehash: boolean };

/**
 * Every method rejects at once with SERVICE_UNAVAILABLE while the queue of hashes is full. Passwords are hashed whole, as the
 * UTF-8 bytes of NFC.
 */
export type PasswordHasher = {
  /** Resolves with a PHC string with its own salt: equal passwords have different hashes. */
  readonly hash: (password: string) => Promise<string>;
  /** Whether the hash is that of the password. A stored text that is not an argon2 hash never matches, and takes the usual time. */
  readonly verify: (hash: string, password: string) => Promise<PasswordMatch>;
  /** Takes the time of `verify` and never matches: for emails without an account, so that the time does not reveal them. */
  readonly verifyDummy: (password: string) => Promise<PasswordMatch>;
  /** Throws SERVICE_UNAVAILABLE if another hash would be refused now. */
  readonly requireCapacity: () => void;
  /** `requireCapacity`, which counts its caller too until the returned function is called. */
  readonly reserve: () => () => void;
  /** Returns how many hashes are computed and wait now, and how many were refused since the start. */
  readonly load: () => QueueLoad;
};

/** OWASP's first choice for argon2id; RFC 9106 names the algorithm. */
const recommended: HashParameters = { memoryKiB: 19_456, passes: 2, lanes: 1 };

/** The least memory OWASP requires, by passes: the more passes, the less memory. */
const leastMemoryKiB: readonly (readonly [passes: number, memoryKiB: number])[] = [
  [5, 7168],
  [4, 9216],
  [3, 12_288],
  [2, 19_456],
  [1, 47_104],
];

/** `Algorithm` and `Version` of @node-rs/argon2, which declares them as const enums that type stripping cannot use. */
const argon2id = 2;
const version19 = 1;
const saltBytes = 16;
const digestBytes = 32;

/**
 * Creates a hasher that computes a bounded number of argon2id hashes at a time. Throws a RangeError for parameters below OWASP's
 * minimum, unless `weakForTests`.
 */
export const createPasswordHasher = (options: PasswordHasherOptions = {}): PasswordHasher => {
  const { concurrency = 2, maxQueue = 32, parameters = recommended, weakForTests = false } = options;
  if (!weakForTests && !isStrong(parameters))
    throw new RangeError('the argon2id parameters are below the OWASP minimum');
  const { run, requireCapacity, reserve, load } = createBoundedQueue({ concurrency, maxQueue, retryAfterSeconds: 1 });
  const dummyHash = createDummyHash(parameters);

  const hash = (password: string): Promise<string> =>
    run(() =>
      argon2Hash(toBytes(password), {
        algorithm: argon2id,
        version: version19,
        memoryCost: parameters.memoryKiB,
        timeCost: parameters.passes,
        parallelism: parameters.lanes,
        outputLen: digestBytes,
      }),
    );

  const verify = async (stored: string, password: string): Promise<PasswordMatch> => {
    const used = parseHash(stored);
    if (used === null) return verifyDummy(password);
    const match = await run(() => argon2Verify(stored, toBytes(password)));
    return { match, needsRehash: match && !isCurrent(used, parameters) };
  };

  const verifyDummy = async (password: string): Promise<PasswordMatch> => {
    await run(() => argon2Verify(dummyHash, toBytes(password)));
    return { match: false, needsRehash: false };
  };

  return { hash, verify, verifyDummy, requireCapacity, reserve, load };
};

/** NFC, so that é typed as one character or as e with an accent is one password. Bytes, so that a NUL does not end the text. */
const toBytes = (password: string): Buffer => Buffer.from(password.normalize('NFC'), 'utf8');

const isStrong = ({ memoryKiB, passes, lanes }: HashParameters): boolean => {
  const row = leastMemoryKiB.find(([atLeast]) => passes >= atLeast);
  return row !== undefined && memoryKiB >= row[1] && lanes >= 1;
};

type ParsedHash = ReturnType<typeof parseOptions>;

const parseHash = (stored: string): ParsedHash | null => {
  try {
    return parseOptions(stored);
  } catch {
    return null;
  }
};

const isCurrent = (used: ParsedHash, { memoryKiB, passes, lanes }: HashParameters): boolean =>
  used.algorithm === argon2id &&
  used.version === version19 &&
  used.memoryCost === memoryKiB &&
  used.timeCost === passes &&
  used.parallelism === lanes &&
  used.outputLen === digestBytes &&
  used.saltLen >= saltBytes;

/** Returns a hash with the current parameters that no known password has, without computing one. It takes the usual time to verify. */
const createDummyHash = ({ memoryKiB, passes, lanes }: HashParameters): string => {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${random(saltBytes)}$${random(digestBytes)}`;
};
