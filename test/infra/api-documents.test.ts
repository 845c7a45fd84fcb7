import { Parser } from '@asyncapi/parser';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { readAsyncApi, readOpenApi, validatorsOf } from '../api/documents.ts';

describe('openapi.json', () => {
  const document = readOpenApi();

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(JSON.stringify(document)))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('has examples that fit their schemas, for every body', () => {
    const compile = validatorsOf(document);
    for (const { operationId, requestBody, responses } of Object.values(document.paths).flatMap((path) =>
      Object.values(path),
    )) {
      for (const media of [requestBody?.content, ...Object.values(responses).map(({ content }) => content)]) {
        if (media === undefined) continue;
        const { schema, example } = media['application/json'];
        const validate = compile(schema);
        expect(validate(example), `${operationId}: ${JSON.stringify(validate.errors)}`).toBe(true);
      }
    }
  });
});

describe('asyncapi.json', () => {
  const document = readAsyncApi();

  it('is valid AsyncAPI 3', async () => {
    const { diagnostics } = await new Parser().parse(JSON.stringify(document));
    // The rest are hints, such as of a later version of AsyncAPI.
    expect(diagnostics.filter(({ severity }) => severity < 2)).toEqual([]);
  });

  it('has examples that fit their schemas', () => {
    const compile = validatorsOf(document);
    for (const { name, payload, examples = [] } of Object.values(document.components.messages)) {
      const validate = compile(payload);
      for (const { payload: example } of examples)
        expect(validate(example), `${name}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
  });
});
