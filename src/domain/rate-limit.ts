import type { AccountViewer, AnonymousViewer, ServiceViewer } from '@fieldgate/guard/core';

/** At most `points` per window. A window begins with the first point consumed in it. */
export type Rate = { readonly points: number; readonly windowMs: number };

/** The limits that `@limit(bucket:)` names: guesses at credentials and new accounts, each counted exactly over all instances. */
export const bucketNames = ['login', 'signup', 'refresh'] as const;
export type BucketName = (typeof bucketNames)[number];

/** Also counted exactly: failed authentications of service clients, and returns from identity providers. As many as refreshes. */
export type ExactLimit = BucketName | 'oauth';
export const isBucketName = (name: unknown): name is BucketName => bucketNames.some((known) => known === name);

/** The limits that each process counts in its memory: all requests of a caller, and sign-in documents of one who has no points left. */
export type QuotaName = 'general' | 'sign-in-documents';

/** By limit; null: unlimited. */
export type Rates = Readonly<Record<BucketName | 'general', Rate | null>>;

/** What has been consumed in the running window. */
export type Count = { readonly consumed: number; readonly resetsInMs: number };

/** One limit of one caller, and how much of it is consumed. */
export type RateLimitStatus = Rate & Count & { readonly name: ExactLimit | QuotaName };

/** Who a request is counted for. */
export type CallerIdentity =
  | AnonymousViewer
  | Pick<ServiceViewer, 'kind' | 'id'>
  | Pick<AccountViewer, 'kind' | 'id' | 'apiKeyId'>;

/** Returns the key a caller is counted under: the account, API key or service client, else the network of the address. */
export const callerKey = (viewer: CallerIdentity, ip: string | null): string => {
  switch (viewer.kind) {
    case 'anonymous':
      return `ip:${ip === null ? 'unknown' : networkOf(ip)}`;
    case 'service':
      return `client:${viewer.id}`;
    case 'account':
      return viewer.apiKeyId === undefined ? `user:${viewer.id}` : `key:${viewer.apiKeyId}`;
  }
};

/**
 * Returns what an internet provider gives to one customer: an IPv4 address, or the /64 of an IPv6 address, within which the
 * customer can use any of 2^64 addresses (CVE-2026-45364). Takes canonical addresses only.
 */
const networkOf = (ip: string): string => {
  if (!ip.includes(':')) return ip;
  const [head = '', tail] = ip.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
};
