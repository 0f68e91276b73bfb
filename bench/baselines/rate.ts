import { generateKeyPairSync } from 'node:crypto';
import jwt from 'jsonwebtoken';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const claims = {
  iss: 'bench',
  aud: 'bench',
  sub: 'somebody',
  sid: 'session',
  jti: 'token',
  scope: 'some scopes',
  role: 'USER',
};

/** With SIGN=yes each step also signs an access token, as every refresh must. */
const sign =
  process.env['SIGN'] === 'yes'
    ? () => jwt.sign(claims, privateKey, { algorithm: 'ES256', expiresIn: '15m' })
    : () => {};

/** Repeats a step for SECONDS, `width` at a time, and prints the steps per second. */
export const reportRate = async (work: {
  readonly width: number;
  readonly step: (lane: number) => Promise<unknown> | unknown;
}): Promise<void> => {
  const startedAt = performance.now();
  const until = startedAt + Number(process.env['SECONDS']) * 1000;
  let steps = 0;
  const lane = async (number: number): Promise<void> => {
    while (performance.now() < until) {
      await work.step(number);
      sign();
      steps += 1;
    }
  };
  await Promise.all(Array.from({ length: work.width }, (_, number) => lane(number)));
  process.stdout.write(String(steps / ((performance.now() - startedAt) / 1000)));
};
