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

/** What a refresh cannot do without besides its rotation: the signature of an access token. Done where SIGN asks for it. */
const sign =
  process.env['SIGN'] === 'yes'
    ? () => jwt.sign(claims, privateKey, { algorithm: 'ES256', expiresIn: '15m' })
    : () => {};

/** Repeats a step for SECONDS, `width` of them at a time, and prints how often it was done in a second. */
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
