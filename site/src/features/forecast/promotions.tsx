import { PromotionDays } from "@/components/promotion-days";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";

/** Days on which something is on that lifts the figure: past ones teach what it adds, coming ones get it. */
export function Promotions({
  days,
  gran,
  effect,
  onChange,
}: {
  days: string[];
  gran: "d" | "w";
  effect: string | null;
  onChange: (days: string[]) => void;
}) {
  return (
    <Card aria-label="Promotions">
      <CardHeader className="flex-wrap items-start pt-4">
        <div className="min-w-0">
          <CardTitle>Promotions</CardTitle>
          <CardDescription className="mt-0.5 max-w-2xl text-pretty">
            {days.length === 0
              ? "Name the days of past sales and of those to come: what the past ones added is put on top of the coming ones."
              : effect
                ? `A day of promotion adds about ${effect}${gran === "w" ? " to its week" : ""}.`
                : "Too little is known of these days to say what they add: name past ones, too."}
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="pt-1">
        <PromotionDays days={days} onChange={onChange} />
      </CardContent>
    </Card>
  );
}
