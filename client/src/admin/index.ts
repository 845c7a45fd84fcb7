export type {
  AdminGroupBody,
  AdminSession,
  AdminTaskBody,
  AdminUserBody,
  TaskStarted,
} from '../../../protocol/admin.ts';
export type { Mentions, Sent } from '../../../protocol/frames.ts';
export type { GroupBody } from '../../../protocol/http.ts';
export type { NewImportBody } from '../../../protocol/import.ts';
export type { Profile } from '../../../protocol/people.ts';
export type { CustomContent, SentContent, TextContent } from '../model/content.ts';
export { ForeignAnswerError, ImError, NetworkError, RefusedError, TimeoutError } from '../model/errors.ts';
export {
  type Admin,
  type AdminMessage,
  type AdminOptions,
  type AwsCredentials,
  type BanOptions,
  createAdmin,
  type GroupRules,
  type GroupUpdate,
  type ImportOptions,
  type NewGroup,
  type ProfileFacts,
  type RecalledMessage,
  type SentMessage,
} from './admin.ts';
