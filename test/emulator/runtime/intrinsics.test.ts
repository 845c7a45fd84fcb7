// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are CloudFormation's
import { expect, test } from 'vitest';
import { type IntrinsicScope, resolveIntrinsics } from '../../../local/stack/intrinsics.ts';
import { TemplateError } from '../../../local/stack/template.ts';

const scope: IntrinsicScope = {
  ref: (name) => {
    if (name === 'List') return ['a', 'b'];
    return name === 'AWS::Region' ? 'us-east-1' : `ref-${name}`;
  },
  getAtt: (logicalId, attribute) => `${logicalId}/${attribute}`,
  condition: (name) => name === 'Yes',
  mapped: (keys) => keys.join('/'),
  imported: (name) => `import of ${name}`,
  stackOutput: (stackName, outputName) => `${outputName} of ${stackName}`,
};

test.each([
  ['plain values', { a: [1, 'b', true, null] }, { a: [1, 'b', true, null] }],
  ['Ref', { Ref: 'Table' }, 'ref-Table'],
  ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Fn', 'Arn'] }, 'Fn/Arn'],
  ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Fn.A.B' }, 'Fn/A.B'],
  ['Fn::Join, nested', { 'Fn::Join': ['-', ['x', { Ref: 'Y' }, 3]] }, 'x-ref-Y-3'],
  ['Fn::Join of a list', { 'Fn::Join': [',', { Ref: 'List' }] }, 'a,b'],
  ['Fn::Sub', { 'Fn::Sub': '${AWS::Region} ${T} ${T.Arn} ${!kept}' }, 'us-east-1 ref-T T/Arn ${kept}'],
  ['Fn::Sub with variables', { 'Fn::Sub': ['${a}${B}', { a: { Ref: 'A' } }] }, 'ref-Aref-B'],
  ['a policy’s Condition block', { Condition: { Bool: { x: 'y' } } }, { Condition: { Bool: { x: 'y' } } }],
])("the template's intrinsics resolve %s", (_, value, expected) => {
  expect(resolveIntrinsics(value, scope)).toEqual(expected);
});

test.each([
  ['an unknown intrinsic', { 'Fn::Transform': 'x' }, /does not support the intrinsic Fn::Transform/],
  ['Fn::Join of no list', { 'Fn::Join': 'x' }, /Fn::Join has an argument that is not a list/],
  [
    'Fn::Sub of a list',
    { 'Fn::Sub': ['${a}', { a: { Ref: 'List' } }] },
    /Fn::Sub has an argument that is not text/,
  ],
])("the template's intrinsics refuse %s with a message", (_, value, message) => {
  expect(() => resolveIntrinsics(value, scope)).toThrow(TemplateError);
  expect(() => resolveIntrinsics(value, scope)).toThrow(message);
});
