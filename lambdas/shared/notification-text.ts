/** How much of a message a push service may show (IM-NOTIFY-3). */
export const NOTIFICATION_TEXTS = ['none', 'sender', 'preview'] as const;

export type NotificationText = (typeof NOTIFICATION_TEXTS)[number];
