import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";

import { teamQuery } from "@/api/team";

/** Who an actor of the API is: people by name, programs, agents and the house itself in words. */
export function useNames(): (actor: string, name?: string) => string {
  const { data } = useQuery(teamQuery);
  return useCallback(
    (actor, name) => {
      if (name) return name;
      if (actor.startsWith("agent:")) return `the ${actor.slice(6).replaceAll("_", " ")} agent`;
      if (actor.startsWith("key:")) return "an API key";
      if (actor === "policy") return "the limits";
      if (actor === "system" || actor === "cron") return "Adroit";
      const member = data?.members.find((one) => one.user_id === actor);
      return member ? member.name || member.email : /^[0-9a-f-]{20,}$/.test(actor) ? "somebody who has left" : actor;
    },
    [data],
  );
}
