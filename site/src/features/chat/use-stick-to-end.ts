import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** So near to where it would be scrolled to a page counts as being there, px. */
const NEAR = 96;
/** How long after an answer its charts may still grow, ms. */
const SETTLES = 1200;
/** A scroll so soon after a wheel, a touch or a key is the reader's own, ms. */
const OWN = 500;
/** Keys that scroll a page. */
const MOVING = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " "]);
/** What the header covers, and a little air, px. */
const HEADER = 76;

/** Where the page should be scrolled to. */
function goal(content: HTMLElement | null): number {
  const end = document.documentElement.scrollHeight - window.innerHeight;
  const said = [...(content?.querySelectorAll("[data-said]") ?? [])].at(-1);
  return Math.max(0, said ? Math.min(end, said.getBoundingClientRect().top + window.scrollY - HEADER) : end);
}

/**
 * Keeps what is being added in sight: the end of the page, or, where an answer is longer than the window, the question
 * at its top. A reader who scrolls up is left alone, and what the reader opens or folds by hand moves nothing.
 * Questions are marked with `data-said`.
 */
export function useStickToEnd(growing: boolean): { content: RefObject<HTMLDivElement | null>; away: boolean; toEnd: () => void } {
  const content = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const until = useRef(0);
  const [away, setAway] = useState(false);

  const toEnd = useCallback(() => {
    pinned.current = true;
    until.current = Date.now() + SETTLES;
    setAway(false);
    window.scrollTo({ top: goal(content.current) });
  }, []);

  useEffect(() => {
    until.current = growing ? Infinity : Date.now() + SETTLES;
  }, [growing]);

  useLayoutEffect(() => {
    let moved = -Infinity;
    let dragging = false;
    const above = () => goal(content.current) - window.scrollY;
    const look = () => {
      // The browser scrolls up too where something above became shorter; only the reader leaves.
      if (dragging || Date.now() - moved < OWN) pinned.current = above() < NEAR;
      else if (Math.abs(above()) < NEAR) pinned.current = true;
      setAway(!pinned.current && above() > 2 * NEAR);
    };
    const own = () => {
      moved = Date.now();
    };
    const key = (event: KeyboardEvent) => {
      if (MOVING.has(event.key) && !(event.target instanceof HTMLTextAreaElement)) own();
    };
    const press = (event: MouseEvent) => {
      dragging = event.clientX >= document.documentElement.clientWidth;
    };
    const release = () => {
      dragging = false;
    };
    const grown = new ResizeObserver(() => {
      if (pinned.current && Date.now() < until.current && Date.now() - moved > OWN) window.scrollTo({ top: goal(content.current) });
      setAway(!pinned.current && above() > 2 * NEAR);
    });
    if (content.current) grown.observe(content.current);
    const quiet = { passive: true };
    window.addEventListener("scroll", look, quiet);
    for (const type of ["wheel", "touchmove"]) window.addEventListener(type, own, quiet);
    window.addEventListener("keydown", key);
    window.addEventListener("mousedown", press);
    window.addEventListener("mouseup", release);
    return () => {
      grown.disconnect();
      window.removeEventListener("scroll", look);
      for (const type of ["wheel", "touchmove"]) window.removeEventListener(type, own);
      window.removeEventListener("keydown", key);
      window.removeEventListener("mousedown", press);
      window.removeEventListener("mouseup", release);
    };
  }, []);

  return { content, away, toEnd };
}
