/**
 * A CDK app of your own with a chat in it: its users order over a route of yours, and the shop writes to them in the chat.
 *
 *     npm start            on this machine
 *     npm run deploy       in your account
 */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { ServerlessIm } from 'serverless-im';

const stack = new Stack(new App(), 'Shop');
const code = { runtime: Runtime.NODEJS_24_X, memorySize: 256 };
const hook = new NodejsFunction(stack, 'Hook', { ...code, entry: 'functions/hook.ts' });
const chat = new ServerlessIm(stack, 'Chat', {
  issuer: 'https://login.example.com/',
  audience: 'shop',
  allowedOrigins: ['https://shop.example.com'],
  beforeSend: { handler: hook },
});

const orders = new NodejsFunction(stack, 'Orders', {
  ...code,
  entry: 'functions/orders.ts',
  environment: { SERVICE_QUEUE_URL: chat.serviceQueue.queue.queueUrl },
});
chat.grantSendMessages(orders);
chat.http.addRoutes('Orders', orders, ['POST /orders']);

new CfnOutput(stack, 'ChatUrl', { value: chat.http.url });
