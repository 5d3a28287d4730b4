import { spawnSync } from 'node:child_process';

/**
 * Runs a binary once to see that it is what it should be: `{ runs, tooOld, reason }`, the reason as the end of a
 * sentence about it.
 */
export function examine(path, tool) {
  // The test server has no option to name itself, but names its own classes when it refuses one.
  const question = tool.oldestServer ? '--version' : '--help';
  const result = spawnSync(path, [question], { encoding: 'utf8', timeout: 20_000 });
  if (result.error) return { runs: false, reason: `which cannot be run (${result.error.code})` };
  const answer = `${result.stdout}${result.stderr}`;
  if (!tool.oldestServer) {
    return /testserver/i.test(answer) ? { runs: true } : { runs: false, reason: `which is no ${tool.name}` };
  }
  const server = /Server (\d+)\.(\d+)/.exec(answer);
  if (!server) return { runs: false, reason: `which does not name a ${tool.name} version` };
  const tooOld = isOlder(server.slice(1).map(Number), tool.oldestServer.split('.').map(Number));
  return { runs: true, tooOld, reason: `its server is ${server[1]}.${server[2]} and ${tool.oldestServer} is needed` };
}

const isOlder = ([major, minor], [oldestMajor, oldestMinor]) =>
  major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
