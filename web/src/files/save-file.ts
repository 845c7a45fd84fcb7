/**
 * Saves the file at a link as a file of this name. The page neither goes there nor shows it, whatever it is: it becomes bytes
 * without a type first. A link of its own would do for what the bucket lets a browser only download, but not for pictures.
 * @throws if it can't be loaded
 */
export async function saveFile(url: string, name: string): Promise<void> {
  // The browser may have it from an element that did not ask for another origin, so without the header that allows it here.
  const response = await fetch(url, {
    cache: 'no-store',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const bytes = new Blob([await response.arrayBuffer()], { type: 'application/octet-stream' });
  const local = URL.createObjectURL(bytes);
  const anchor = document.createElement('a');
  anchor.href = local;
  anchor.download = name;
  anchor.rel = 'noopener noreferrer';
  anchor.click();
  // Not at once: the browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(local), SAVED_MS);
}

const SAVED_MS = 60_000;
