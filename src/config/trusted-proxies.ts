import { isIP } from 'node:net';
import proxyaddr from '@fastify/proxy-addr';
import type { TrustedProxies } from '../domain/settings/trusted-proxies.ts';

/** Returns whether every entry can be used: an entry that cannot is never ignored, nor trusted by accident. */
export const areTrustedProxies = (proxies: TrustedProxies): boolean =>
  proxies.every((proxy) => {
    if (['loopback', 'linklocal', 'uniquelocal'].includes(proxy)) return true;
    return isIP(proxy.split('/', 1)[0] ?? '') !== 0 && canCompile(proxy);
  });

const canCompile = (proxy: string): boolean => {
  try {
    proxyaddr.compile(proxy);
    return true;
  } catch {
    return false;
  }
};
