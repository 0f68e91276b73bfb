import { createHmac } from 'node:crypto';
import type { Secret } from '../domain/secret.ts';

/** Returns Facebook's `appsecret_proof`: it shows that the sender of an access token also has the app secret. */
export const appSecretProof = (accessToken: string, appSecret: Secret): string =>
  createHmac('sha256', appSecret.reveal()).update(accessToken).digest('hex');
