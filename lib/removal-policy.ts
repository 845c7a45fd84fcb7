import { RemovalPolicy } from 'aws-cdk-lib';

/**
 * The fate of data whose resource leaves the stack. Kept data is deleted in one case: if the deployment that creates the
 * resource fails and is rolled back. It is empty then, and would stay in the account beside that of the next
 * attempt.
 * docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html (RetainExceptOnCreate)
 */
export function removalPolicyOf({ retain }: { readonly retain: boolean }): RemovalPolicy {
  return retain ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
