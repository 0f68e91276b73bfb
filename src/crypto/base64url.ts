/**
 * The bytes of canonical, unpadded base64url (RFC 4648 §5), or null. Canonical: the one spelling an encoder makes.
 * Decoders ignore the spare bits of the last character, so that a lax one takes up to 16 spellings for the same bytes,
 * and whatever remembers a credential by its text can be walked around (RFC 4648 §3.5).
 */
export const decodeBase64url = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
};
