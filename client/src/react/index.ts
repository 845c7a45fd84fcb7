'use client';

export { type UseAttachment, useAttachment } from './use-attachment.ts';
export { useConnection } from './use-connection.ts';
export { useConversations } from './use-conversations.ts';
export { useLiveTexts } from './use-live-texts.ts';
export { useMessage } from './use-message.ts';
export { type UseMessages, useMessages } from './use-messages.ts';
export { usePins } from './use-pins.ts';
export { type UsePresenceOptions, usePresence } from './use-presence.ts';
export { useProfile, useProfiles } from './use-profile.ts';
export { usePush } from './use-push.ts';
export { useSettings } from './use-settings.ts';
export { useTyping } from './use-typing.ts';
export { useBlocks, useContacts } from './use-user-list.ts';
