/** What to do about a refusal of AWS's, or of its SDK, that has to do with who asks, and where; undefined for any other error. */
export function remedyOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  if (message.includes('Region is missing'))
    return 'no region: set AWS_REGION, or run `aws configure set region eu-central-1`';
  if (name.startsWith('ExpiredToken') || name === 'TokenRefreshRequired')
    return 'the credentials have expired: sign in again, for example by `aws sso login`';
  if (name === 'CredentialsProviderError') return 'no credentials: run `aws configure`, or set AWS_PROFILE';
  if (/InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId/.test(name))
    return 'AWS refuses the credentials: make a new key, or set another AWS_PROFILE';
  return undefined;
}
