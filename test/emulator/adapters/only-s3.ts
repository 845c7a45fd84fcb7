import type { AwsProxy } from '../../../local/aws-proxy/index.ts';

const UNUSED = 'http://127.0.0.1:1';

/** Puts the proxy in front of S3 alone, for an adapter of a bucket. */
export function attachToS3(proxy: AwsProxy, s3: string): ReturnType<AwsProxy['attach']> {
  return proxy.attach({
    s3,
    dynamodb: UNUSED,
    sqs: UNUSED,
    sns: UNUSED,
    connections: UNUSED,
    lambda: UNUSED,
    ssm: UNUSED,
  });
}
