import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import proxyaddr from '@fastify/proxy-addr';
import ipaddr from 'ipaddr.js';
import type { TrustedProxies } from '../domain/settings/trusted-proxies.ts';

/**
 * Returns the address that a request comes from. `X-Forwarded-For` is trusted as far as trusted proxies wrote it: read from
 * the end, it is the first address that is not one of theirs. Without trusted proxies it is ignored: anyone can send it.
 */
export const createClientAddress = (proxies: TrustedProxies): ((request: IncomingMessage) => string | null) => {
  if (proxies.length === 0) return addressOfSocket;
  const trust = proxyaddr.compile([...proxies]);
  return (request) => {
    const hops = proxyaddr.all(request, trust).map((address) => normalizeAddress(address));
    // If the last proxy wrote something other than an address, the proxy itself counts as the client.
    return hops.findLast((address) => address !== null) ?? null;
  };
};

/** IPv4 has one spelling there, which need not be normalised for each request. */
const addressOfSocket = ({ socket: { remoteAddress } }: IncomingMessage): string | null =>
  remoteAddress?.includes(':') ? normalizeAddress(remoteAddress) : (remoteAddress ?? null);

/**
 * Returns the one spelling of an address: IPv4 also where it comes mapped into IPv6, IPv6 as in RFC 5952, without port
 * and zone. Null if the text is not an address.
 */
export const normalizeAddress = (text: string): string | null => {
  const address = withoutPort(text);
  if (!address.includes(':')) return isIP(address) ? address : null;
  if (!isIPv6(address)) return null;
  const parsed = ipaddr.process(address.split('%', 1)[0] ?? '');
  return parsed.kind() === 'ipv6' ? new ipaddr.IPv6(parsed.toByteArray()).toRFC5952String() : parsed.toString();
};

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
const withoutPort = (text: string): string =>
  /^\[(.*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text;
