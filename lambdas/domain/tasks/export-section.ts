import type { Clock } from '../../shared/clock.ts';
import type { AttachmentLinks } from '../model/attachment.ts';
import type { BlockReader } from '../model/block.ts';
import type { ContactReader } from '../model/contact.ts';
import type { ConversationReader } from '../model/conversation.ts';
import type { Erasure } from '../model/erasure.ts';
import type { MessageReader } from '../model/message.ts';
import type { OwnReports } from '../model/own-reports.ts';
import type { PinReader } from '../model/pin.ts';
import type { ProfileReader } from '../model/profile.ts';
import type { PushDeviceReader } from '../model/push-registration.ts';
import type { ReactionReader } from '../model/reaction.ts';
import type { RouteReader } from '../model/session.ts';
import type { ConversationTrail, Cursor } from '../model/task.ts';

/** What an export reads. */
export interface SectionPorts {
  readonly routes: RouteReader;
  readonly profiles: ProfileReader;
  readonly contacts: ContactReader;
  readonly blocks: BlockReader;
  readonly conversations: ConversationReader;
  readonly trail: ConversationTrail;
  readonly erasure: Pick<Erasure, 'written'>;
  readonly messages: MessageReader;
  readonly reactions: ReactionReader;
  readonly pins: PinReader;
  readonly ownReports: OwnReports;
  /** @default - no files in this deployment */
  readonly attachmentLinks?: AttachmentLinks | undefined;
  readonly pushDevices: PushDeviceReader;
  readonly clock: Clock;
}

/** A line of the file. */
export interface Line {
  readonly kind: string;
  readonly [fact: string]: unknown;
}

export interface SectionPage {
  readonly lines: readonly Line[];
  /** Where to go on. `undefined`: the section is finished. */
  readonly next?: Cursor | undefined;
}

/** A part of an export, which is read page by page: a page is a few calls, and a few MB at most. */
export interface Section {
  /** Saved in tasks. */
  readonly name: string;
  readonly read: (ports: SectionPorts, userId: string, at: Cursor | undefined) => Promise<SectionPage>;
}
