import { admin } from './admin.ts';
import { archive } from './archive.ts';
import { blocks } from './blocks.ts';
import { changes } from './changes.ts';
import { connect } from './connect.ts';
import { conversations } from './conversations.ts';
import { departures } from './departures.ts';
import { desk } from './desk.ts';
import { directOffline } from './direct-offline.ts';
import { directOnline } from './direct-online.ts';
import { erase } from './erase.ts';
import { events } from './events.ts';
import { exportUser } from './export.ts';
import { files } from './files.ts';
import { groups } from './groups.ts';
import { heartbeat } from './heartbeat.ts';
import { hello } from './hello.ts';
import { historyPage } from './history-page.ts';
import { hook } from './hook.ts';
import { importFile } from './import.ts';
import { live } from './live.ts';
import { notifications } from './notifications.ts';
import { people } from './people.ts';
import { poll } from './poll.ts';
import { reactions } from './reactions.ts';
import { reconnectStorm } from './reconnect-storm.ts';
import { requests } from './requests.ts';
import { resend } from './resend.ts';
import type { Scenario } from './scenario.ts';
import { sendsAndNeverReads } from './sends-and-never-reads.ts';

export const SCENARIOS: readonly Scenario[] = [
  connect,
  hello,
  directOnline,
  directOffline,
  resend,
  live,
  heartbeat,
  historyPage,
  changes,
  reactions,
  people,
  conversations,
  blocks,
  sendsAndNeverReads,
  ...groups,
  departures,
  desk,
  poll,
  requests,
  files,
  admin,
  hook,
  events,
  reconnectStorm,
  archive,
  notifications,
  erase,
  exportUser,
  importFile,
];
