import type { Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { AdminOptions } from '../../../client/src/admin/index.ts';
import type { DeskClient } from '../../../client/src/desk/index.ts';
import type { Conversation, createClient, GetToken } from '../../../client/src/index.ts';
import type { ServerlessIm } from '../../../lib/index.ts';

/** What a snippet of the documents may use without declaring it: what its page has made before, and what its reader has. */
export interface Names {
  // Imported or made by snippets before.
  readonly createClient: typeof createClient;
  readonly ServerlessIm: typeof ServerlessIm;
  readonly im: DeskClient;
  readonly bob: Conversation;
  readonly conversation: Conversation;
  readonly chat: ServerlessIm;
  // Of the reader's own.
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly getToken: GetToken;
  readonly tokenOfYourUser: GetToken;
  readonly deviceId: string;
  readonly picture: File;
  readonly seq: number;
  readonly conversationId: string;
  readonly input: HTMLInputElement & { readonly files: FileList };
  readonly button: HTMLButtonElement;
  readonly answer: AsyncIterable<string>;
  readonly render: (value: unknown) => void;
  readonly openConversation: (id: unknown) => void;
  readonly credentials: AdminOptions['credentials'];
  readonly stack: Stack;
  readonly issuer: string;
  readonly audience: string;
  readonly shop: LambdaFunction;
  readonly moderation: LambdaFunction;
  readonly auditFunction: LambdaFunction;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
}

/** Packages that the repository has not, as far as snippets use them; written from their documentation. */
export const PACKAGES = `
declare module 'aws-amplify/auth' {
  export function fetchAuthSession(): Promise<{ tokens?: { accessToken: { toString(): string } } }>;
}
declare module '@react-native-firebase/messaging' {
  interface RemoteMessage { data: Record<string, string> }
  export default function messaging(): {
    requestPermission(): Promise<number>;
    getToken(): Promise<string>;
    onTokenRefresh(listener: (token: string) => void): () => void;
    onNotificationOpenedApp(listener: (message: RemoteMessage) => void): () => void;
    getInitialNotification(): Promise<RemoteMessage | null>;
  };
}
declare const AppState: { addEventListener(type: 'change', listener: (state: string) => void): void };
declare const auth: () => Promise<{ accessToken: string } | null>;
declare const auth0: { getTokenSilently(options: object): Promise<string> };
declare const useAuth: () => { getToken(options: { template: string }): Promise<string | null> };
declare const keycloak: { updateToken(seconds: number): Promise<boolean>; token?: string };
declare const msal: { acquireTokenSilent(options: object): Promise<{ accessToken: string }> };
declare const account: object;
declare const apiId: string;
`;
