/**
 * Which new passwords are accepted, after NIST SP 800-63B-4 §3.1.1.2 and OWASP ASVS 5.0 §6.2: long enough, not among those
 * an attacker tries first, and nothing else. No rule requires kinds of characters. Nothing is truncated or changed: spaces,
 * emoji and control characters count and are compared like any other.
 */
import { periodLength } from './repetition.ts';

export type PasswordRejection = { readonly reason: PasswordRejectionReason; readonly message: string };

export type PasswordRejectionReason =
  | 'PASSWORD_TOO_SHORT'
  | 'PASSWORD_TOO_LONG'
  | 'PASSWORD_MALFORMED'
  | 'PASSWORD_REPETITIVE'
  | 'PASSWORD_PERSONAL'
  | 'PASSWORD_COMMON';

/** Whose password it will be: what an attacker tries first. */
export type PasswordOwner = { readonly email: string; readonly name: string };

export type PasswordPolicyOptions = {
  /** The minimum number of code points: 15 where a password is the only factor, never below 8. */
  readonly minLength?: number;
  /** Whether a password is on a list of common ones. Called with lower-case text in NFC. */
  readonly isCommon: (password: string) => boolean;
};

/** In UTF-8. It only keeps clients from making the server hash megabytes. */
const maxPasswordBytes = 1024;

const leastMinLength = 8;
const productName = 'fieldgate';

/**
 * Creates a policy, which returns null, or the one reason why a new password is rejected. Length is counted in code points of
 * NFC, the form that is hashed.
 *
 * @example
 * const policy = createPasswordPolicy({ minLength: 15, isCommon: (password) => list.has(password) });
 * policy('fieldgate-2026!', { email: 'ada@example.com', name: 'Ada' })?.reason; // 'PASSWORD_PERSONAL'
 */
export const createPasswordPolicy = ({ minLength = 15, isCommon }: PasswordPolicyOptions) => {
  if (!(minLength >= leastMinLength)) throw new RangeError('the minimum password length must be at least 8');
  const tooShort = rejection('PASSWORD_TOO_SHORT', `The password is too short. Use at least ${minLength} characters.`);

  return (password: string, owner: PasswordOwner): PasswordRejection | null => {
    // A text never has more UTF-16 code units than UTF-8 bytes: the cheap check first, so that huge input is not normalised.
    if (password.length > maxPasswordBytes) return tooLong;
    if (!password.isWellFormed()) return malformed;
    const composed = password.normalize('NFC');
    if (Buffer.byteLength(composed) > maxPasswordBytes) return tooLong;
    if ([...composed].length < minLength) return tooShort;

    const folded = composed.toLowerCase();
    if (isRepetitive(folded, minLength)) return repetitive;
    if (isPersonal(folded, owner)) return personal;
    if (isCommon(folded) || isDecorated(folded, isCommon)) return common;
    return null;
  };
};

const rejection = (reason: PasswordRejectionReason, message: string): PasswordRejection => ({ reason, message });

const tooLong = rejection(
  'PASSWORD_TOO_LONG',
  `The password is too long. Use at most ${maxPasswordBytes} bytes in UTF-8.`,
);
const malformed = rejection('PASSWORD_MALFORMED', 'The password is not well-formed Unicode. Type it again.');
const repetitive = rejection(
  'PASSWORD_REPETITIVE',
  'The password repeats a short part or counts up or down. Use several unrelated words.',
);
const personal = rejection(
  'PASSWORD_PERSONAL',
  'The password consists of your name, your email or the name of this service. Add other words.',
);
const common = rejection('PASSWORD_COMMON', 'The password is one of the most common. Choose another one.');

/** A repetition is as strong as its unit, which must be long enough by itself; a run like 12345 or zyxw adds nothing. */
const isRepetitive = (text: string, minLength: number): boolean => {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const unit = periodLength(points);
  return (unit * 2 <= points.length && unit < minLength) || isRun(points, 1) || isRun(points, -1);
};

const isRun = (points: readonly number[], step: 1 | -1): boolean =>
  points.every((point, i) => i === 0 || point === (points[i - 1] ?? 0) + step || isWrap(points[i - 1], point, step));

/** Counting continues from 9 to 0, as in 67890123. */
const isWrap = (previous: number | undefined, point: number, step: 1 | -1): boolean => {
  const [last, first] = step === 1 ? [0x39, 0x30] : [0x30, 0x39];
  return previous === last && point === first;
};

/** Whether only digits and punctuation remain once the owner's words and the product's name are removed. */
const isPersonal = (folded: string, owner: PasswordOwner): boolean => {
  const text = withoutPunctuation(folded);
  const rest = personalWords(owner).reduce((left, word) => left.replaceAll(word, ''), text);
  return rest !== text && /^\p{N}*$/u.test(rest);
};

/** Longest first, so that a whole name is removed before its parts. Words below three letters are too common to count. */
const personalWords = ({ email, name }: PasswordOwner): readonly string[] => {
  const [localPart = '', domain = ''] = email.split('@');
  const texts = [productName, email, localPart, domain, name];
  const words = texts.flatMap((text) => [text, ...text.split(/[\s\p{P}]+/u)]).map(bareWord);
  return [...new Set(words)].filter((word) => word.length >= 3).sort((a, b) => b.length - a.length);
};

const bareWord = (text: string): string =>
  withoutPunctuation(text.normalize('NFC').toLowerCase()).replace(/^\p{N}+|\p{N}+$/gu, '');

/** Emoji stay: they are content, not punctuation. */
const withoutPunctuation = (text: string): string => text.replace(/[\p{P}\p{Z}\p{Sm}\p{Sc}\p{Sk}\p{Cc}]/gu, '');

/** Whether it is a common password, at least half of the whole, with digits and punctuation around it. */
const isDecorated = (folded: string, isCommon: (password: string) => boolean): boolean => {
  const core = folded.replace(/^[\p{N}\p{P}\p{Z}]+|[\p{N}\p{P}\p{Z}]+$/gu, '');
  return core !== folded && core.length * 2 >= folded.length && isCommon(core);
};
