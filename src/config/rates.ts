import type { z } from 'zod';
import type { Rates } from '../domain/rate-limit.ts';
import { rate, unitMs } from './parsers.ts';

/** The variables that say how often callers may do what. */
export const rateVariables = {
  RATE_LIMIT: rate.default({ points: 1000, windowMs: unitMs.h }),
  RATE_LIMIT_LOGIN: rate.default({ points: 30, windowMs: 5 * unitMs.m }),
  RATE_LIMIT_SIGNUP: rate.default({ points: 20, windowMs: unitMs.h }),
  RATE_LIMIT_REFRESH: rate.default({ points: 150, windowMs: 5 * unitMs.m }),
};

type RateVariables = { readonly [Name in keyof typeof rateVariables]: z.output<(typeof rateVariables)[Name]> };

export const ratesOf = (env: RateVariables): Rates => ({
  general: env.RATE_LIMIT,
  login: env.RATE_LIMIT_LOGIN,
  signup: env.RATE_LIMIT_SIGNUP,
  refresh: env.RATE_LIMIT_REFRESH,
});
