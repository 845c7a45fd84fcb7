export type { AttachmentLink } from '../../protocol/attachments.ts';
export type { CloseReason, ErrorCode } from '../../protocol/codes.ts';
export type {
  Attachment,
  ErasedContent,
  FileContent,
  RecalledContent,
  SystemContent,
  Thumbnail,
} from '../../protocol/content.ts';
export type { Issue, Mentions, Pinned, Reaction, Sent, UserPresence } from '../../protocol/frames.ts';
export { type Client, createClient } from './api/client.ts';
export type { ClientOptions } from './api/client-options.ts';
export { changeSettings } from './conversations/change-settings.ts';
export type { Conversation, HistoryPage } from './conversations/conversation.ts';
export { type EditOptions, editMessage } from './conversations/edit-message.ts';
export type {
  Group,
  GroupChanges,
  GroupMembersPage,
  GroupReadsPage,
  Groups,
  NewGroup,
} from './conversations/groups.ts';
export { type LiveTextOptions, type LiveTextWriter, liveText } from './conversations/live-text.ts';
export { type LiveText, watchLive } from './conversations/live-texts.ts';
export { messageAt } from './conversations/message-at.ts';
export { type MessagesSnapshot, MessageView, type MessageViewOptions } from './conversations/message-view.ts';
export { type PinsSnapshot, pinMessage, pinnedMessages } from './conversations/pins.ts';
export { reactTo } from './conversations/react-to.ts';
export { reportMessage } from './conversations/report-message.ts';
export type { FileSource, FileUri, SendFileOptions, ThumbnailSource } from './files/file-source.ts';
export type { ConnectionChange, ConnectionStateName } from './model/connection-change.ts';
export type {
  Content,
  CustomContent,
  EditedContent,
  FileEdit,
  SentContent,
  TextContent,
} from './model/content.ts';
export type { ConversationSummary } from './model/conversation-summary.ts';
export {
  ClosedError,
  DisconnectedError,
  ForeignAnswerError,
  ImError,
  type ImErrorCode,
  NetworkError,
  RefusedError,
  SessionClosedError,
  TimeoutError,
  UnauthorizedError,
} from './model/errors.ts';
export type {
  ActivityEvent,
  ChangedEvent,
  ClientEvents,
  ConversationEvents,
  Gap,
  LimitedEvent,
  ReadEvent,
  TypingEvent,
} from './model/events.ts';
export type { ChatMessage, MessageState, OwnMessage } from './model/message.ts';
export type { Block, Contact, ContactFields, Profile } from './model/people.ts';
export type { PushState } from './model/push-state.ts';
export type { SendOptions } from './model/send-options.ts';
export type { ConversationSettings, SettingsChanges } from './model/settings.ts';
export type { FileData, Upload, UploadState } from './model/upload.ts';
export { type Databases, indexedDbStore } from './outbox/indexed-db-store.ts';
export { type KeyStorage, localStorageStore, memoryStore, Store } from './outbox/store.ts';
export type { StoreBackend } from './outbox/store-backend.ts';
export type { NewProfile, OwnProfile } from './people/own-profile.ts';
export type { Profiles } from './people/profiles.ts';
export type { Blocks, Contacts, UserList } from './people/user-list.ts';
export type { DeviceToken, Push } from './push/push.ts';
export type { PushOptions } from './push/push-ports.ts';
export type { PushServiceWorker, PushSubscriptionLike, PushWorker } from './push/service-worker.ts';
export type { Off } from './support/emitter.ts';
export type {
  Cancel,
  Environment,
  Fetch,
  FetchResponse,
  Socket,
  WebSocketConstructor,
} from './support/environment.ts';
export type { Logger } from './support/logger.ts';
export type { HistoryRange } from './transport/http-api.ts';
export {
  type BackoffOptions,
  fullJitterBackoff,
  type RetryContext,
  type RetryPolicy,
} from './transport/retry-policy.ts';
export type { GetToken } from './transport/tokens.ts';
