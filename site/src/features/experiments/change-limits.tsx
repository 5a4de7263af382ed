import { useMutation, useQueryClient } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import { changeExperiment, type Experiment, THRESHOLDS } from "@/api/experiments";
import { ApiError } from "@/api/problem";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { tell } from "@/lib/told";

import { LimitFields, read, typed } from "./limits";

/** When an experiment is decided, changed; of one that runs it holds from the next visitor on. */
export function ChangeLimits({ experiment, onClose }: { experiment: Experiment; onClose: () => void }) {
  const queryClient = useQueryClient();
  const [limits, setLimits] = useState(() => typed({ ...THRESHOLDS, ...experiment.thresholds }));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const runs = experiment.status === "running";
  const change = useMutation({
    mutationFn: (body: Parameters<typeof changeExperiment>[1]) => changeExperiment(experiment.id, body),
    onSuccess: async () => {
      toast.success("Changed", { description: runs ? "It holds from the next visitor on." : undefined });
      onClose();
      await Promise.all(["experiment", "experiments"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
    },
    onError: (error) => {
      if (error instanceof ApiError && error.fields.length) setErrors(Object.fromEntries(error.fields.map((one) => [one.field, one.detail])));
      else tell(error);
    },
  });
  const submit = () => {
    const { thresholds, wrong } = read(limits);
    const { window_days, ...others } = thresholds;
    setErrors(wrong);
    if (Object.keys(wrong).length === 0 && !change.isPending) change.mutate({ thresholds: runs ? others : { ...others, window_days } });
  };
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title="When it is decided" description={runs ? "It holds from the next visitor on, and stands in the audit log." : "It is a draft: nothing is shown yet."}>
        <form
          noValidate
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <LimitFields value={limits} onChange={setLimits} errors={errors} fixed={runs ? ["window_days"] : []} />
          <DialogFooter>
            <Button variant="outline" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={change.isPending}>
              {change.isPending ? <LoaderCircle className="animate-spin" /> : null} Save
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
