export type { CloseReason, ErrorCode } from '../../protocol/codes.ts';
export type { RecalledContent, SystemContent } from '../../protocol/content.ts';
export type { Issue, Sent, UserPresence } from '../../protocol/frames.ts';
export { type Client, createClient } from './client.ts';
export type { ClientOptions } from './client-options.ts';
export type { ConnectionChange } from './connection.ts';
export type { ConnectionStateName } from './connection-state.ts';
export type { Content, CustomContent, SentContent, TextContent } from './content.ts';
export type { Conversation, HistoryPage, SendOptions } from './conversation.ts';
export type { ConversationSummary } from './conversation-list.ts';
export type { Off } from './emitter.ts';
export type {
  Cancel,
  Environment,
  Fetch,
  FetchResponse,
  Socket,
  WebSocketConstructor,
} from './environment.ts';
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
export type {
  ClientEvents,
  ConversationEvents,
  Gap,
  ReadEvent,
  RecalledEvent,
  TypingEvent,
} from './events.ts';
export type {
  Group,
  GroupChanges,
  GroupMembersPage,
  GroupReadsPage,
  Groups,
  NewGroup,
} from './groups.ts';
export type { HistoryRange } from './http-api.ts';
export { indexedDbStore } from './indexed-db-store.ts';
export type { Logger } from './logger.ts';
export type { ChatMessage, MessageState, OwnMessage } from './message.ts';
export { type MessagesSnapshot, MessageView, type MessageViewOptions } from './message-view.ts';
export {
  type BackoffOptions,
  fullJitterBackoff,
  type RetryContext,
  type RetryPolicy,
} from './retry-policy.ts';
export { localStorageStore, memoryStore, Store, type StoreBackend } from './store.ts';
export type { GetToken } from './tokens.ts';
