import { tabStorage } from './tab-storage.ts';

const DEVICE_KEY = 'im.device';
let device: string | undefined;

/**
 * The device id of this tab, the same after a reload: a user has ten devices at most. A duplicated tab starts with a copy
 * of the tab's storage, so the id is in it only while no page of the tab lives: the copy gets an id of its own
 * (docs/adr/0029-a-tabs-device-id-leaves-the-storage.md).
 */
export function deviceOfTab(): string {
  device ??= claim();
  return device;
}

function claim(): string {
  const id = tabStorage.getItem(DEVICE_KEY) ?? `web-${crypto.randomUUID().slice(0, 8)}`;
  const take = (): void => tabStorage.removeItem(DEVICE_KEY);
  take();
  addEventListener('pagehide', () => tabStorage.setItem(DEVICE_KEY, id));
  // The browser has kept the page, and shows it again.
  addEventListener('pageshow', ({ persisted }) => persisted && take());
  return id;
}
