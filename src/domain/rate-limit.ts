import type { Viewer } from '@fieldgate/guard/core';

/** So much per window. A window begins with the first thing counted in it. */
export type Rate = { readonly points: number; readonly windowMs: number };

/** What guesses at credentials, or makes accounts, is counted by itself and strictly; everything else in one budget. */
export const bucketNames = ['login', 'signup', 'refresh'] as const;
export type BucketName = (typeof bucketNames)[number];
export const isBucketName = (name: unknown): name is BucketName => bucketNames.some((known) => known === name);

/** What is counted in the memory of each process: what callers ask for, and the documents of an address that are no good. */
export type QuotaName = 'general' | 'documents';

/** By bucket; null: not limited. */
export type Rates = Readonly<Record<BucketName | 'general', Rate | null>>;

/** What has been counted in the window that is running. */
export type Count = { readonly consumed: number; readonly resetsInMs: number };

/** Where a caller stands with one of their limits. */
export type RateLimitStatus = Rate & Count & { readonly bucket: BucketName | QuotaName };

/** Under what a caller is counted: whoever signed in wherever they are, anybody else by the network they come from. */
export const callerKey = (viewer: Viewer, ip: string | null): string => {
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
 * What one customer of a provider has: an IPv4 address, or the /64 of an IPv6 one, in which they may choose among 2^64
 * (CVE-2026-45364). Takes the one spelling that addresses have here.
 */
export const networkOf = (ip: string): string => {
  if (!ip.includes(':')) return ip;
  const [head = '', tail] = ip.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
};
