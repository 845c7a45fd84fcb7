const PATHS = {
  back: 'M15 5l-7 7 7 7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  checks: 'M2.5 12.5L7 17l9.5-9.5M12.5 16l1 1L23 7.5',
  clock: 'M12 7v5l3 2M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17',
  alert:
    'M12 10v4M12 17v.01M10.7 4.700L2.900 18a1.5 1.5 0 0 0 1.300 2.250h15.600a1.5 1.5 0 0 0 1.300-2.250L13.300 4.700a1.5 1.5 0 0 0-2.600 0z',
  close: 'M6 6l12 12M18 6L6 18',
  compose: 'M12 5.5v13M5.5 12h13',
  down: 'M6 9.5l6 6 6-6',
  info: 'M12 11v5.5M12 7.5v.01M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17',
  pencil:
    'M4.5 19.5l1-4.200L16.300 4.500a1.900 1.900 0 0 1 2.700 0l.500.500a1.900 1.900 0 0 1 0 2.700L8.700 18.500zM14.500 6.300l3.200 3.200',
  people:
    'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 19.5c.6-3.300 3-5 6.5-5s5.900 1.700 6.5 5M16 4.800a3.5 3.5 0 0 1 0 6.400M18 15c1.900.7 3.100 2.200 3.5 4.5',
  plug: 'M9 3.5v5M15 3.5v5M6.5 8.5h11V12a5.5 5.5 0 0 1-11 0zM12 17.5v3.5',
  reply: 'M10 5.5L4 11.500l6 6M4.500 11.500H14a6 6 0 0 1 6 6v1',
  send: 'M12 19V5.5M6 11.5l6-6 6 6',
  star: 'M12 3.600l2.600 5.300 5.800.800-4.200 4.100 1 5.800-5.200-2.700-5.200 2.700 1-5.800-4.200-4.100 5.800-.800z',
  'sign-out':
    'M14.5 8V5.5a1.5 1.5 0 0 0-1.5-1.5H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H13a1.5 1.5 0 0 0 1.5-1.5V16M10 12h10.5M17.5 8.5L21 12l-3.5 3.5',
  trash: 'M4.5 6.5h15M9.5 6.5V4h5v2.5M6.5 6.5l.8 13h9.400l.8-13M10.2 10.5l.3 5.5M13.8 10.5l-.3 5.5',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon beside text or in a labelled button, so it is hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
