import { useEffect, useState } from "react";

/** Rest before what is moved or typed counts, ms. */
const REST_MS = 150;

/** A value once it has rested. */
export function useRested<T>(value: T, rest = REST_MS): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), rest);
    return () => clearTimeout(timer);
  }, [value, rest]);
  return rested;
}
