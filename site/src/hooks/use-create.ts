import { useMutation, type UseMutationOptions } from "@tanstack/react-query";
import { useRef } from "react";

/**
 * A mutation that creates something, with an `Idempotency-Key`: sending the very same again after a failure carries the
 * same key, so that what did arrive is not made twice; anything else, and anything after a success, gets a new one.
 */
export function useCreate<Result, Input>(
  create: (input: Input, key: string) => Promise<Result>,
  options: Omit<UseMutationOptions<Result, Error, Input>, "mutationFn"> = {},
) {
  const last = useRef<{ input: string; key: string } | null>(null);
  return useMutation<Result, Error, Input>({
    ...options,
    mutationFn: async (input) => {
      const text = input instanceof Blob ? `${input.size}` : JSON.stringify(input);
      if (last.current?.input !== text) last.current = { input: text, key: crypto.randomUUID() };
      const result = await create(input, last.current.key);
      last.current = null;
      return result;
    },
  });
}
