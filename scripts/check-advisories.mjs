/**
 * Asks the registry for known weaknesses (`npm audit`) and fails for a high or critical one in what the product runs
 * with. Others are told. A registry that gives no advisories is told, too, and does not fail the check.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SEVERE = ['high', 'critical'];
const TIMEOUT_MS = 120_000;

function audit(...options) {
  const { stdout, status } = spawnSync('npm', ['audit', '--json', ...options], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    return JSON.parse(stdout);
  } catch {
    return { message: `npm ended with ${status ?? 'a time-out'}` };
  }
}

const describe = ([name, { severity, via }]) => {
  const titles = via.filter((cause) => typeof cause === 'object').map(({ title, url }) => `${title} (${url})`);
  return `${severity}: ${name} ${titles.join('; ') || `through ${via.join(', ')}`}`;
};

const all = audit();
const product = all.vulnerabilities ? audit('--omit=dev') : all;
if (!product.vulnerabilities) {
  const status = product.statusCode ? ` (status ${product.statusCode})` : '';
  console.log(`NOT CHECKED: the registry in use gives no advisories${status}. Run npm audit where it does.`);
} else {
  const severe = Object.entries(product.vulnerabilities).filter(([, { severity }]) => SEVERE.includes(severity));
  for (const entry of Object.entries(all.vulnerabilities)) console.log(describe(entry));
  for (const entry of severe) console.error(`must be mended: ${describe(entry)}`);
  console.log(`${Object.keys(all.vulnerabilities).length} known weaknesses, ${severe.length} that must be mended`);
  process.exitCode = severe.length > 0 ? 1 : 0;
}
