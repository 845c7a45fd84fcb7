import { z } from 'zod';
import { matchesPattern } from '../iam-pattern.ts';

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const statement = z.object({ Effect: z.enum(['Allow', 'Deny']), Action: texts, Resource: texts });

/** The policy document of a Lambda authorizer. */
export const policySchema = z.object({
  Statement: z.union([statement.transform((one) => [one]), z.array(statement)]),
});

/**
 * Evaluates `execute-api:Invoke` on one ARN. An explicit Deny wins, and the default is to deny.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function isAllowed({ Statement }: z.infer<typeof policySchema>, methodArn: string): boolean {
  const applying = Statement.filter(
    ({ Action, Resource }) =>
      Action.some((action) => matchesPattern(action.toLowerCase(), 'execute-api:invoke')) &&
      Resource.some((resource) => matchesPattern(resource, methodArn)),
  );
  return applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow');
}
