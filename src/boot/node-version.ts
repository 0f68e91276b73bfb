/** Imports nothing and uses nothing new: it runs on every Node that has modules. */
const oldest = { major: 22, minor: 18 };

/** Returns a sentence if this Node is too old to run the server, else null. */
export const nodeProblem = (version = process.versions.node): string | null => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return null;
  return `Fieldgate needs Node ${oldest.major}.${oldest.minor} or newer; this is Node ${version}. In a clone of the repository, npm start and npx fieldgate use the Node that npm ci installs.`;
};
