import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import proxyaddr from '@fastify/proxy-addr';
import ipaddr from 'ipaddr.js';
import type { TrustedProxies } from '../domain/settings/trusted-proxies.ts';

/**
 * The address a request comes from. `X-Forwarded-For` is believed as far as trusted proxies wrote it: read from the end,
 * it is the first address that is none of theirs. Without trusted proxies nobody looks at it, for anybody can send it.
 */
export const createClientAddress = (proxies: TrustedProxies): ((request: IncomingMessage) => string | null) => {
  if (proxies.length === 0) return ({ socket }) => addressOf(socket.remoteAddress);
  const trust = proxyaddr.compile([...proxies]);
  return (request) => {
    const way = proxyaddr.all(request, trust).map((address) => normalizeAddress(address));
    // What the last proxy did not write as an address tells nothing; then it is the proxy that asks.
    return way.findLast((address) => address !== null) ?? null;
  };
};

/** Of a socket, at every request: IPv4 has one spelling there. */
const addressOf = (address: string | undefined): string | null =>
  address?.includes(':') ? normalizeAddress(address) : (address ?? null);

/**
 * One spelling for each address: IPv4 as such also where it comes mapped into IPv6, IPv6 as RFC 5952 has it, neither with a
 * port nor a zone. Null for what is no address.
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
