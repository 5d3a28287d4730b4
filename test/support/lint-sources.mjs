/**
 * Lints sources that are on no disk, by the project's own rules save those that need types: reads
 * `[{ "file", "code" }]` as JSON from standard input and writes the messages of each, in the same order.
 * A program of its own, since ESLint's configuration is an ES module, which Jest does not load.
 */
import { json } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const eslint = new ESLint({
  overrideConfig: [
    tseslint.configs.disableTypeChecked,
    { languageOptions: { parserOptions: { projectService: false } } },
  ],
});
const sources = await json(process.stdin);
const messages = [];
for (const { file, code } of sources) {
  const [result] = await eslint.lintText(code, { filePath: file });
  messages.push(result.messages.map((message) => `${message.ruleId}: ${message.message}`));
}
process.stdout.write(JSON.stringify(messages));
