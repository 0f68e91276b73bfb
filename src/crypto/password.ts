import { randomBytes } from 'node:crypto';
import { hash as argon2Hash, verify as argon2Verify, parseOptions } from '@node-rs/argon2';
import { createBoundedQueue, type QueueLoad } from './bounded-queue.ts';

/** What hashing a password costs: memory in KiB, passes over it, and lanes computed side by side. */
export type HashParameters = { readonly memoryKiB: number; readonly passes: number; readonly lanes: number };

export type PasswordHasherOptions = {
  /** Hashes computed at once. Each takes a thread of Node's pool (4 by default), which DNS and files need as well. */
  readonly concurrency?: number;
  /** Hashes that may wait; the next is refused at once. At some 65 ms each, 32 wait for about a second. */
  readonly maxQueue?: number;
  readonly parameters?: HashParameters;
  /** Lets `parameters` be below what is safe. Only tests, which hash hundreds of passwords, have a reason to. */
  readonly weakForTests?: boolean;
};

/** `needsRehash`: the password is right and its hash has other parameters than new ones get. */
export type PasswordMatch = { readonly match: boolean; readonly needsRehash: boolean };

/**
 * Every method rejects with SERVICE_UNAVAILABLE, at once and unhashed, while too many hashes wait already.
 * Passwords are hashed whole, as the UTF-8 bytes of their composed form (NFC).
 */
export type PasswordHasher = {
  /** A PHC string with a salt of its own: equal passwords have different hashes. */
  readonly hash: (password: string) => Promise<string>;
  /** Whether the password is that of the hash. For a stored text that is no argon2 hash the answer is no, in the usual time. */
  readonly verify: (hash: string, password: string) => Promise<PasswordMatch>;
  /** Takes the time of `verify` and never matches: for when there is nobody to verify, so that time does not tell. */
  readonly verifyDummy: (password: string) => Promise<PasswordMatch>;
  /** Throws SERVICE_UNAVAILABLE if so many hashes wait that another one would be refused now. */
  readonly requireCapacity: () => void;
  /** How many hashes are computed, and wait, right now, and how many were refused since the start. */
  readonly load: () => QueueLoad;
};

/** OWASP's first choice for argon2id; RFC 9106 names the algorithm. */
const recommended: HashParameters = { memoryKiB: 19_456, passes: 2, lanes: 1 };

/** The least memory OWASP asks for, by passes: the more passes, the less memory. */
const leastMemoryKiB: readonly (readonly [passes: number, memoryKiB: number])[] = [
  [5, 7168],
  [4, 9216],
  [3, 12_288],
  [2, 19_456],
  [1, 47_104],
];

/** The numbers of @node-rs/argon2's `Algorithm` and `Version`, which it declares in a way that type stripping cannot use. */
const argon2id = 2;
const version19 = 1;
const saltBytes = 16;
const digestBytes = 32;

/**
 * Hashes and checks passwords with argon2id, a bounded number at a time.
 * Throws a RangeError for parameters below OWASP's floor, unless they are said to be weak on purpose.
 */
export const createPasswordHasher = (options: PasswordHasherOptions = {}): PasswordHasher => {
  const { concurrency = 2, maxQueue = 32, parameters = recommended, weakForTests = false } = options;
  if (!weakForTests && !isStrong(parameters)) throw new RangeError('argon2id parameters are below the OWASP floor');
  const {
    run: enqueue,
    requireCapacity: requireRoom,
    load,
  } = createBoundedQueue({ concurrency, maxQueue, retryAfterSeconds: 1 });
  const dummyHash = createDummyHash(parameters);

  const hash = (password: string): Promise<string> =>
    enqueue(() =>
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
    if (used === null) return verifyNothing(password);
    const match = await enqueue(() => argon2Verify(stored, toBytes(password)));
    return { match, needsRehash: match && !isCurrent(used, parameters) };
  };

  const verifyNothing = async (password: string): Promise<PasswordMatch> => {
    await enqueue(() => argon2Verify(dummyHash, toBytes(password)));
    return { match: false, needsRehash: false };
  };

  return { hash, verify, verifyDummy: verifyNothing, requireCapacity: requireRoom, load };
};

/** NFC, so that é typed as one character and as e with an accent are one password. Bytes, so that a NUL ends nothing. */
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

/** A hash of the current parameters that no password is known to have. It costs nothing to make and the usual to check. */
const createDummyHash = ({ memoryKiB, passes, lanes }: HashParameters): string => {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${random(saltBytes)}$${random(digestBytes)}`;
};
