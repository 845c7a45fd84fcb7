import { recordOf } from '../json.ts';

/**
 * The event that a function gets of a topic, from what a queue gets of it.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
 */
export function snsEvent(envelopes: readonly string[]) {
  return { Records: envelopes.map(record) };
}

function record(envelope: string) {
  const {
    UnsubscribeURL: UnsubscribeUrl,
    SigningCertURL: SigningCertUrl,
    ...message
  } = recordOf(JSON.parse(envelope));
  return {
    EventSource: 'aws:sns',
    EventVersion: '1.0',
    EventSubscriptionArn: `${String(message['TopicArn'])}:local`,
    Sns: { Subject: null, MessageAttributes: {}, ...message, SigningCertUrl, UnsubscribeUrl },
  };
}
