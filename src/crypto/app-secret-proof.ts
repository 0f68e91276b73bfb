import { createHmac } from 'node:crypto';
import type { Secret } from '../domain/secret.ts';

/** Shows that whoever presents an access token of Facebook's has the app's secret too (its `appsecret_proof`). */
export const appSecretProof = (accessToken: string, appSecret: Secret): string =>
  createHmac('sha256', appSecret.reveal()).update(accessToken).digest('hex');
