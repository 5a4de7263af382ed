import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LoaderCircle } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import type { Answer } from "@/api/call";
import { brandQuery, saveBrand } from "@/api/campaigns";
import type { Brand } from "@/api/loop-types";
import { ApiError } from "@/api/problem";
import { Field } from "@/components/field";
import { Note } from "@/components/note";
import { ErrorState } from "@/components/states/error";
import { TagsInput } from "@/components/tags-input";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { Textarea } from "@/components/ui/textarea";
import { useScope } from "@/hooks/use-scope";
import { allows, whoMay } from "@/lib/roles";
import { isConflict, tell } from "@/lib/told";

export function BrandForm() {
  const { site } = useScope();
  const query = useQuery(brandQuery(site.key));
  const [epoch, setEpoch] = useState(0);
  if (query.isError && !query.data) {
    return (
      <Card>
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  }
  if (query.isPending) {
    return (
      <div role="status" aria-label="Loading" className="max-w-3xl space-y-5">
        <Skeleton className="h-64 rounded-xl" />
        <Skeleton className="h-64 rounded-xl" />
      </div>
    );
  }
  return <Form key={epoch} current={query.data} onSettled={() => setEpoch(epoch + 1)} />;
}

const LANGUAGES = ["en", "de", "sv", "fr", "nl", "es", "it", "da", "no", "fi", "pl", "pt", "ja"];
const names = new Intl.DisplayNames("en", { type: "language" });

function Form({ current, onSettled }: { current: Answer<Brand>; onSettled: () => void }) {
  const { site, me } = useScope();
  const queryClient = useQueryClient();
  const [{ data: saved, etag }] = useState(current);
  const [form, setForm] = useState<Brand>(saved);
  const [conflict, setConflict] = useState(false);
  const editor = allows(me, "edit_campaigns");
  const save = useMutation({
    mutationFn: () => saveBrand(site.key, form, etag),
    onSuccess: (next) => {
      toast.success("Saved", { description: "Ads are checked against it from now on." });
      queryClient.setQueryData(brandQuery(site.key).queryKey, next);
      onSettled();
    },
    onError: (error) => (isConflict(error) ? setConflict(true) : tell(error)),
  });
  const fields = save.error instanceof ApiError ? save.error.fields : [];
  const at = (field: string) => fields.find((one) => one.field.replace(/^\//, "").split("/")[0] === field)?.detail;
  const set = (part: Partial<Brand>) => setForm((before) => ({ ...before, ...part }));
  const languages = [...new Set([form.language, ...LANGUAGES].filter(Boolean))];
  return (
    <form
      className="max-w-3xl space-y-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending) save.mutate();
      }}
    >
      {editor ? null : <Note title={`You can read the guidelines; ${whoMay("edit_campaigns")} change them.`} />}
      <fieldset disabled={!editor} className="space-y-5">
        <Card>
          <CardHeader>
            <CardTitle>Who you are</CardTitle>
          </CardHeader>
          <CardContent className="grid gap-4 sm:grid-cols-2">
            <Field label="Name" hint="As it is written, capitals and all." error={at("name")}>
              {(control) => <Input {...control} value={form.name} onChange={(event) => set({ name: event.target.value })} />}
            </Field>
            <div className="space-y-1.5">
              <p className="text-[0.8125rem] font-medium">Language of copy</p>
              <Select label="Language of copy" value={form.language || "en"} onChange={(language) => set({ language })} options={languages.map((code) => ({ value: code, label: names.of(code) ?? code }))} className="w-full justify-between" />
            </div>
            <Field label="What you sell, in a sentence" className="sm:col-span-2" error={at("description")}>
              {(control) => <Textarea {...control} className="min-h-14" value={form.description} onChange={(event) => set({ description: event.target.value })} />}
            </Field>
            <Field label="Colours" hint="As #rrggbb. They stand beside the pictures." className="sm:col-span-2" error={at("colors")}>
              {(control) => <TagsInput control={control} values={form.colors} onChange={(colors) => set({ colors: colors.map((color) => color.toLowerCase()) })} placeholder="#1c2440" accept={(text) => /^#[0-9a-f]{6}$/i.test(text)} swatch />}
            </Field>
          </CardContent>
        </Card>
        <Card>
          <CardHeader>
            <CardTitle>How you speak</CardTitle>
          </CardHeader>
          <CardContent className="space-y-4">
            <Field label="Tone" hint="A few words: warm, plain, playful." error={at("tone")}>
              {(control) => <TagsInput control={control} values={form.tone} onChange={(tone) => set({ tone })} placeholder="warm" />}
            </Field>
            <Field label="What may be claimed" hint="Only what is true and can be shown: free shipping over 50 EUR." error={at("claims")}>
              {(control) => <TagsInput control={control} values={form.claims} onChange={(claims) => set({ claims })} placeholder="free returns for 30 days" />}
            </Field>
            <Field label="Words never used" hint="An ad that has one of them cannot be submitted." error={at("banned")}>
              {(control) => <TagsInput control={control} values={form.banned} onChange={(banned) => set({ banned })} placeholder="cheap" />}
            </Field>
            <Field label="Texts that must stand in every ad" hint="Such as a legal line." error={at("required")}>
              {(control) => <TagsInput control={control} values={form.required} onChange={(required) => set({ required })} placeholder="" />}
            </Field>
          </CardContent>
        </Card>
      </fieldset>
      {conflict ? (
        <Note
          tone="warning"
          alert
          title="Somebody else changed the guidelines meanwhile"
          action={
            <Button size="sm" variant="outline" onClick={() => void queryClient.refetchQueries({ queryKey: ["brand"] }).then(onSettled)}>
              Load theirs
            </Button>
          }
        >
          Nothing was saved. Load what they wrote, then make your change again.
        </Note>
      ) : null}
      {editor ? (
        <Button type="submit" disabled={save.isPending || JSON.stringify(form) === JSON.stringify(saved)}>
          {save.isPending ? <LoaderCircle className="animate-spin" /> : null} Save guidelines
        </Button>
      ) : null}
    </form>
  );
}
