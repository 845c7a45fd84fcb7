import { type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/** How the picture lies on the stage: enlarged around its middle, which is this far from the stage's. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const WHOLE: View = { scale: 1, x: 0, y: 0 };
const MOST = 8;
/** By a key, a button, or a double click. */
const STEP = 1.5;
const DOUBLE_CLICK = 2.5;
const DOUBLE_CLICK_MS = 350;
/** A finger or mouse that is still moves less than this. */
const SLOP_PX = 8;
const SWIPE_PX = 60;

export interface ZoomOptions {
  /** A swipe over the whole picture: 1 is to the left, for the next one. */
  onSwipe(direction: 1 | -1): void;
  /** A click beside the picture. */
  onLeave(): void;
}

export interface Zoom {
  readonly view: View;
  /** A pointer moves it, so that it must follow at once. */
  readonly isHeld: boolean;
  readonly stage: RefObject<HTMLDivElement | null>;
  readonly picture: RefObject<HTMLDivElement | null>;
  /** By steps, around the middle. */
  zoom(steps: number): void;
  pan(x: number, y: number): void;
  reset(): void;
  readonly handlers: {
    onPointerDown(event: PointerEvent): void;
    onPointerMove(event: PointerEvent): void;
    onPointerUp(event: PointerEvent): void;
    onPointerCancel(event: PointerEvent): void;
  };
}

/** Enlarges and moves a picture by wheel, keys, double click, and fingers. */
export function useZoom({ onSwipe, onLeave }: ZoomOptions): Zoom {
  const stage = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLDivElement>(null);
  const [view, setView] = useState(WHOLE);
  const [isHeld, setIsHeld] = useState(false);
  const pointers = useRef(new Map<number, Point>());
  const press = useRef<{ readonly from: Point; readonly isOnPicture: boolean; isStill: boolean }>(undefined);
  const clicked = useRef<{ readonly atMs: number; readonly point: Point }>(undefined);

  const change = useCallback((next: (view: View) => View) => {
    setView((old) => within(next(old), picture.current, stage.current));
  }, []);
  const zoomBy = useCallback(
    (factor: number, around: Point) =>
      change((old) => {
        const scale = Math.min(Math.max(old.scale * factor, 1), MOST);
        const ratio = scale / old.scale;
        return { scale, x: around.x - (around.x - old.x) * ratio, y: around.y - (around.y - old.y) * ratio };
      }),
    [change],
  );
  /** From the middle of the stage. */
  const pointOf = useCallback(({ clientX, clientY }: { clientX: number; clientY: number }): Point => {
    const { left = 0, top = 0, width = 0, height = 0 } = stage.current?.getBoundingClientRect() ?? {};
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }, []);

  useEffect(() => {
    const element = stage.current;
    // React's own listener is passive: the page would zoom, too.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), pointOf(event));
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [zoomBy, pointOf]);

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const isOnPicture = picture.current?.contains(event.target as Node) === true;
    stage.current?.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, pointOf(event));
    setIsHeld(true);
    press.current =
      pointers.current.size === 1 ? { from: pointOf(event), isOnPicture, isStill: true } : undefined;
  };
  const onPointerMove = (event: PointerEvent): void => {
    const before = pointers.current.get(event.pointerId);
    if (before === undefined) return;
    const now = pointOf(event);
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, now);
    if (press.current !== undefined && distance(press.current.from, now) > SLOP_PX)
      press.current.isStill = false;
    if (other !== undefined)
      zoomBy(distance(now, other) / (distance(before, other) || 1), middle(now, other));
    else change((old) => ({ ...old, x: old.x + now.x - before.x, y: old.y + now.y - before.y }));
  };
  const release = (event: PointerEvent): void => {
    pointers.current.delete(event.pointerId);
    setIsHeld(pointers.current.size > 0);
  };
  const click = (point: Point, isOnPicture: boolean): void => {
    const last = clicked.current;
    clicked.current = { atMs: performance.now(), point };
    if (!isOnPicture) onLeave();
    else if (
      last !== undefined &&
      performance.now() - last.atMs < DOUBLE_CLICK_MS &&
      distance(last.point, point) < 3 * SLOP_PX
    ) {
      clicked.current = undefined;
      if (view.scale > 1) setView(WHOLE);
      else zoomBy(DOUBLE_CLICK, point);
    }
  };
  const onPointerUp = (event: PointerEvent): void => {
    if (!pointers.current.has(event.pointerId)) return;
    const from = press.current;
    const now = pointOf(event);
    release(event);
    press.current = undefined;
    if (from === undefined) return;
    if (from.isStill) click(now, from.isOnPicture);
    else if (
      view.scale === 1 &&
      Math.abs(now.x - from.from.x) > Math.max(SWIPE_PX, Math.abs(now.y - from.from.y))
    )
      onSwipe(now.x < from.from.x ? 1 : -1);
  };

  return {
    view,
    isHeld,
    stage,
    picture,
    zoom: (steps) => zoomBy(STEP ** steps, { x: 0, y: 0 }),
    pan: (x, y) => change((old) => ({ ...old, x: old.x + x, y: old.y + y })),
    reset: () => setView(WHOLE),
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: release },
  };
}

/** Its edges can't be moved into the stage. */
function within(view: View, picture: HTMLElement | null, stage: HTMLElement | null): View {
  const most = (size: number, place: number) => Math.max(0, (size * view.scale - place) / 2);
  const mostX = most(picture?.offsetWidth ?? 0, stage?.clientWidth ?? 0);
  const mostY = most(picture?.offsetHeight ?? 0, stage?.clientHeight ?? 0);
  return {
    scale: view.scale,
    x: Math.min(Math.max(view.x, -mostX), mostX),
    y: Math.min(Math.max(view.y, -mostY), mostY),
  };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
