/** Loads the configuration file of each folder that is named, by Node's own `import()`, and prints the problems of each as JSON. */
import { loadApi } from '../../src/boot/load-api.ts';
import { ConfigError } from '../../src/config/config.ts';

const problems: Record<string, readonly string[]> = {};
for (const folder of process.argv.slice(2)) {
  try {
    await loadApi({ folder });
    problems[folder] = [];
  } catch (error) {
    problems[folder] = error instanceof ConfigError ? error.problems : [`unexpected: ${error}`];
  }
}
process.stdout.write(JSON.stringify(problems));
