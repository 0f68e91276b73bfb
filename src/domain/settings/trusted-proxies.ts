/**
 * The proxies whose `X-Forwarded-For` is trusted: addresses, ranges such as `10.0.0.0/8`, and the names `loopback`,
 * `linklocal` and `uniquelocal`.
 */
export type TrustedProxies = readonly string[];
