export type { CloseReason, ErrorCode } from '../../protocol/codes.ts';
export type { Content, SentContent } from '../../protocol/content.ts';
export type { Sent } from '../../protocol/frames.ts';
export { type Client, type ClientEvents, type ClientOptions, createClient } from './client.ts';
export type { ConnectionChange } from './connection.ts';
export type { ConnectionStateName } from './connection-state.ts';
export type { Conversation, ConversationEvents, HistoryPage } from './conversation.ts';
export type { Off } from './emitter.ts';
export type { Environment, Fetch, FetchResponse, Socket, WebSocketConstructor } from './environment.ts';
export {
  ClosedError,
  DisconnectedError,
  ImError,
  type ImErrorCode,
  NetworkError,
  RefusedError,
  SessionClosedError,
  TimeoutError,
  UnauthorizedError,
} from './errors.ts';
export type { HistoryRange } from './http-api.ts';
export type { Logger } from './logger.ts';
export type { ChatMessage, MessageState, OwnMessage } from './message.ts';
export {
  type BackoffOptions,
  fullJitterBackoff,
  type RetryContext,
  type RetryPolicy,
} from './retry-policy.ts';
export type { GetToken } from './tokens.ts';
