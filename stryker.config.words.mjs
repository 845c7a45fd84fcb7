import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** A sentence, as errors and logs have them, or what an issue says of a field: for people, and held by no test. */
function isWording(path) {
  if (path.isTemplateLiteral()) return isSentence(path.node.quasis.map(({ value }) => value.raw).join('x'));
  if (!path.isStringLiteral()) return false;
  const { parent } = path;
  return isSentence(path.node.value) || (parent?.type === 'ObjectProperty' && parent.key.name === 'message');
}

function isSentence(text) {
  return /\w.* .*\.$/s.test(text);
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'words', {
    shouldIgnore: (path) => (isWording(path) ? 'Words for people.' : undefined),
  }),
];
