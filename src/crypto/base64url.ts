/**
 * Returns the bytes of canonical, unpadded base64url (RFC 4648 §5), or null. A lax decoder ignores the spare bits of the last
 * character and so accepts up to 16 texts for the same bytes, which evades anything that identifies a credential by its text
 * (RFC 4648 §3.5).
 */
export const decodeBase64url = (text: string): Buffer | null => {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
};
