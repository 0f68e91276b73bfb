import type { Secret } from '../secret.ts';

export type RedisNode = { readonly host: string; readonly port: number };

/** Where Redis is and how to authenticate there, as REDIS_URL says it. */
export type RedisTarget = {
  readonly username: string | null;
  readonly password: Secret | null;
  readonly tls: boolean;
} & (
  | { readonly kind: 'single'; readonly node: RedisNode; readonly db: number }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly RedisNode[];
      /** The name under which the sentinels know the master. */
      readonly name: string;
      readonly db: number;
      /** For the sentinels themselves; `password` is for the servers behind them. */
      readonly sentinelPassword: Secret | null;
    }
);
