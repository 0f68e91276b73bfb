import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

export type TlsPairProblem = 'no-certificate' | 'no-key' | 'not-a-pair';

/** Returns why a server cannot use this certificate with this key, both in PEM; null if it can. */
export const findTlsPairProblem = (certificate: string, key: string): TlsPairProblem | null => {
  const parsed = tryOrNull(() => new X509Certificate(certificate));
  if (parsed === null) return 'no-certificate';
  const privateKey = tryOrNull((): KeyObject => createPrivateKey(key));
  if (privateKey === null) return 'no-key';
  return parsed.checkPrivateKey(privateKey) ? null : 'not-a-pair';
};

const tryOrNull = <Parsed>(parse: () => Parsed): Parsed | null => {
  try {
    return parse();
  } catch {
    return null;
  }
};
