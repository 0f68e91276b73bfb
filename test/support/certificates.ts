import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A self-signed certificate for localhost and its key, both PEM. Written by hand, so that no tool is needed. */
export const selfSignedCertificate = (): { readonly cert: string; readonly key: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(bytes(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
  const commonName = bytes(0x06, Buffer.from('550403', 'hex'));
  const name = sequence(bytes(0x31, sequence(commonName, bytes(0x0c, Buffer.from('localhost')))));
  const validity = sequence(time('20200101000000Z'), time('21200101000000Z'));
  const forLocalhost = sequence(bytes(0x82, Buffer.from('localhost')), bytes(0x87, Buffer.from([127, 0, 0, 1])));
  const alternativeNames = sequence(bytes(0x06, Buffer.from('551d11', 'hex')), bytes(0x04, forLocalhost));
  const toBeSigned = sequence(
    bytes(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ...[ecdsaWithSha256, name, validity, name],
    publicKey.export({ type: 'spki', format: 'der' }),
    bytes(0xa3, sequence(alternativeNames)),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const der = sequence(toBeSigned, ecdsaWithSha256, bytes(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

/** DER: tag, length, content. */
const bytes = (tag: number, content: Buffer): Buffer => {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};

const sequence = (...parts: readonly Buffer[]): Buffer => bytes(0x30, Buffer.concat(parts));
const integer = (value: Buffer): Buffer => bytes(0x02, value);
const time = (text: string): Buffer => bytes(0x18, Buffer.from(text));
