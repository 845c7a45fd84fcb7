/** A group's name is asked for when the first that is heard of it is a message. */
export function groupName(name: string | undefined): string {
  return name ?? 'Group';
}
