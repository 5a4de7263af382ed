import { useQuery } from "@tanstack/react-query";
import { Copy, ImagePlus, Plus, Trash2, WandSparkles, X } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import { assetUrl } from "@/api/campaigns";
import { connectedQuery } from "@/api/channels";
import type { Ad, AdSet, Creative } from "@/api/loop-types";
import { AdPreview } from "@/components/ad-preview";
import { Field } from "@/components/field";
import { ProviderMark } from "@/components/provider";
import { NothingYet } from "@/components/states/empty";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Switch } from "@/components/ui/switch";
import { Textarea } from "@/components/ui/textarea";
import { useScope } from "@/hooks/use-scope";
import { findingsAt, localId, newAd, PROVIDERS } from "@/lib/campaign";
import { cn } from "@/lib/cn";
import { CALLS_TO_ACTION, carryOver, limitOf, type TextPart } from "@/lib/creative";
import { plural } from "@/lib/format";

import { ImagePicker } from "./image-picker";
import { Counter, FindingList, type StepProps } from "./step";

/** The ad a JSON pointer is about. */
function placeIn(pointer: string | null): { set: number; ad: number } {
  const [, set, ad] = /^\/ad_sets\/(\d+)\/ads(?:\/(\d+))?/.exec(pointer ?? "") ?? [];
  return { set: Number(set ?? 0), ad: Number(ad ?? 0) };
}

/** @param props.goal where to begin, as a JSON pointer */
export function AdsStep({ goal, ...props }: StepProps & { goal: string | null }) {
  const { document, set, brand, findings } = props;
  const { site } = useScope();
  const connected = useQuery(connectedQuery(site.key));
  const [chosen, setChosen] = useState(() => placeIn(goal));
  const setIndex = Math.min(chosen.set, document.ad_sets.length - 1);
  const adSet = document.ad_sets[setIndex];
  const adIndex = Math.min(chosen.ad, (adSet?.ads.length ?? 1) - 1);
  const ad = adSet?.ads[adIndex];
  if (!adSet) {
    return (
      <Card>
        <NothingYet icon={ImagePlus} title="Choose a channel first">
          Ads belong to a channel. Go one step back and choose where the campaign runs.
        </NothingYet>
      </Card>
    );
  }
  const nameOf = (one: AdSet) => connected.data?.rows.find((row) => row.id === one.channel_id)?.name ?? PROVIDERS[one.channel].name;
  const changeSet = (ads: Ad[]) => set({ ad_sets: document.ad_sets.map((one, at) => (at === setIndex ? { ...one, ads } : one)) });
  const changeAd = (part: Partial<Ad>) => changeSet(adSet.ads.map((one, at) => (at === adIndex ? { ...one, ...part } : one)));
  const at = `/ad_sets/${setIndex}/ads/${adIndex}`;
  // Text of another channel's ad that is further along.
  const source = document.ad_sets.flatMap((one, index) => (index === setIndex ? [] : one.ads)).find((one) => written(one.creative) > 0);
  const mail = adSet.channel === "klaviyo";
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[14rem_minmax(0,1fr)] xl:grid-cols-[14rem_minmax(0,1fr)_23rem]">
      <nav aria-label="Ads" className="lg:sticky lg:top-20">
        <ul className="space-y-3">
          {document.ad_sets.map((one, index) => (
            <li key={one.id}>
              <p className="text-muted-foreground mb-1 flex items-center gap-1.5 px-1 text-xs font-medium">
                <ProviderMark type={one.channel} size="sm" />
                <span className="min-w-0 truncate">
                  {nameOf(one)} · {one.name}
                </span>
              </p>
              <ul className="flex flex-wrap gap-1 lg:block lg:space-y-px">
                {one.ads.map((other, number) => {
                  const current = index === setIndex && number === adIndex;
                  const grave = findings.filter((finding) => finding.severity === "blocking" && finding.field.startsWith(`/ad_sets/${index}/ads/${number}/`)).length;
                  return (
                    <li key={other.id} className="min-w-0">
                      <button
                        type="button"
                        aria-current={current ? "true" : undefined}
                        onClick={() => setChosen({ set: index, ad: number })}
                        className={cn(
                          "focus-ring text-muted-foreground hover:bg-accent hover:text-foreground flex h-8 w-full items-center gap-2 rounded-md px-2.5 text-left text-[0.8125rem] font-medium transition-colors",
                          current && "bg-accent text-foreground",
                        )}
                      >
                        <span className="min-w-0 flex-1 truncate">{other.name}</span>
                        {grave > 0 ? (
                          <Badge variant="destructive">
                            <span className="sr-only">must be put right: </span>
                            {grave}
                          </Badge>
                        ) : null}
                      </button>
                    </li>
                  );
                })}
                {one.channel === "klaviyo" ? null : (
                  <li>
                    <Button
                      variant="ghost"
                      size="sm"
                      className="text-muted-foreground"
                      aria-label={`Another ad in ${one.name}`}
                      onClick={() => {
                        set({ ad_sets: document.ad_sets.map((other, place) => (place === index ? { ...other, ads: [...other.ads, newAd(other.channel, other.ads.length + 1, brand)] } : other)) });
                        setChosen({ set: index, ad: one.ads.length });
                      }}
                    >
                      <Plus /> Another ad
                    </Button>
                  </li>
                )}
              </ul>
            </li>
          ))}
        </ul>
      </nav>
      {ad ? (
        <>
          <Card aria-label={`${PROVIDERS[adSet.channel].name}, ${ad.name}`} className="min-w-0">
            <CardHeader className="border-b">
              <ProviderMark type={adSet.channel} />
              <div className="min-w-32 flex-1">
                <Field label="Name of the ad" hideLabel error={props.problem(`${at}/name`)}>
                  {(control) => <Input {...control} value={ad.name} maxLength={120} onChange={(event) => changeAd({ name: event.target.value })} className="hover:border-input focus-visible:border-ring border-transparent bg-transparent px-1.5 font-semibold shadow-none" />}
                </Field>
              </div>
              {mail ? null : (
                <>
                  <Switch label={`${ad.name} is to run`} checked={ad.status === "active"} onChange={(on) => changeAd({ status: on ? "active" : "paused" })} />
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Copy ${ad.name}`}
                    title="Copy"
                    onClick={() => {
                      changeSet([...adSet.ads.slice(0, adIndex + 1), { ...ad, id: localId(), name: `${ad.name} (copy)`.slice(0, 120) }, ...adSet.ads.slice(adIndex + 1)]);
                      setChosen({ set: setIndex, ad: adIndex + 1 });
                    }}
                  >
                    <Copy />
                  </Button>
                  <Button variant="ghost" size="icon-sm" aria-label={`Remove ${ad.name}`} title="Remove" disabled={adSet.ads.length === 1} onClick={() => changeSet(adSet.ads.filter((_, place) => place !== adIndex))}>
                    <Trash2 />
                  </Button>
                </>
              )}
            </CardHeader>
            <CardContent className="space-y-5 pt-4">
              {source && written(ad.creative) === 0 ? (
                <Button
                  variant="secondary"
                  size="sm"
                  onClick={() => {
                    changeAd({ creative: carryOver(source.creative, ad.creative, adSet.channel) });
                    toast.success("Taken over", { description: "What would be too long here was left out." });
                  }}
                >
                  <WandSparkles /> Take over the text of “{source.name}”
                </Button>
              ) : null}
              <CreativeForm key={ad.id} {...props} adSet={adSet} at={`${at}/creative`} creative={ad.creative} onChange={(part) => changeAd({ creative: { ...ad.creative, ...part } })} />
              <FindingList findings={findings.filter((one) => one.field === at || one.field === `${at}/creative` || one.field === `/ad_sets/${setIndex}/ads`)} />
            </CardContent>
          </Card>
          <div className="min-w-0 lg:col-start-2 xl:sticky xl:top-20 xl:col-start-auto">
            <p className="text-muted-foreground mb-1.5 text-xs font-medium">Preview</p>
            <AdPreview channel={adSet.channel} creative={ad.creative} brand={brand} landing={document.landing_url} image={assetUrl} />
          </div>
        </>
      ) : (
        <Card>
          <NothingYet
            icon={ImagePlus}
            title="This ad set has no ads"
            action={
              <Button onClick={() => changeSet([newAd(adSet.channel, 1, brand)])}>
                <Plus /> Add one
              </Button>
            }
          >
            Without an ad nothing would run.
          </NothingYet>
        </Card>
      )}
    </div>
  );
}

/** How much text somebody has written: what a form begins with does not count. */
function written(creative: Creative): number {
  return [...creative.headlines, ...creative.descriptions, creative.primary_text, creative.subject].filter((text) => text.trim() !== "").length;
}

type FormProps = StepProps & { adSet: AdSet; at: string; creative: Creative; onChange: (part: Partial<Creative>) => void };

function CreativeForm(props: FormProps) {
  const { adSet, at, creative, onChange, findings } = props;
  if (adSet.channel === "klaviyo") {
    return (
      <>
        <Line {...props} part="subject" label="Subject" />
        <Line {...props} part="preview_text" label="Preview text" hint="Stands beside the subject in the inbox." />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Sender’s name">{(control) => <Input {...control} value={creative.from_name} onChange={(event) => onChange({ from_name: event.target.value })} />}</Field>
          <Field label="Sender’s address" hint="One that is set up in Klaviyo.">
            {(control) => <Input {...control} type="email" value={creative.from_email} onChange={(event) => onChange({ from_email: event.target.value })} />}
          </Field>
          <FindingList findings={[...findingsAt(findings, `${at}/from_name`), ...findingsAt(findings, `${at}/from_email`)]} className="sm:col-span-2" />
        </div>
        <Field label="Body" hint="HTML. Links get their UTM parameters when it is published.">
          {(control) => <Textarea {...control} value={creative.body} spellCheck onChange={(event) => onChange({ body: event.target.value })} className="max-h-[60svh] min-h-56 font-mono text-xs leading-5" />}
        </Field>
        <FindingList findings={findingsAt(findings, `${at}/body`)} />
      </>
    );
  }
  if (adSet.channel === "google_ads") {
    return (
      <>
        <Lines {...props} part="headlines" label="Headlines" hint="Google combines them; make each one stand alone." />
        <Lines {...props} part="descriptions" label="Descriptions" />
      </>
    );
  }
  return (
    <>
      <Line {...props} part="primary_text" label="Text above the picture" multiline />
      <First {...props} part="headlines" label="Headline" />
      <First {...props} part="descriptions" label="Description" optional />
      <div className="space-y-1.5">
        <p className="text-[0.8125rem] font-medium">Button</p>
        <Select label="Button" value={creative.call_to_action || "SHOP_NOW"} onChange={(call_to_action) => onChange({ call_to_action })} options={CALLS_TO_ACTION} className="w-full max-w-60 justify-between" />
      </div>
      <FindingList findings={findingsAt(findings, `${at}/call_to_action`)} />
      <Pictures {...props} />
    </>
  );
}

function Line({ part, label, hint, multiline = false, adSet, at, creative, onChange, findings }: FormProps & { part: "primary_text" | "subject" | "preview_text"; label: string; hint?: string; multiline?: boolean }) {
  const limit = limitOf(adSet.channel, part);
  const change = (text: string) => onChange({ [part]: text });
  return (
    <div className="space-y-1.5">
      <Field label={label} hint={hint} counter={limit ? <Counter text={creative[part]} limit={limit} /> : null}>
        {(control) => (multiline ? <Textarea {...control} spellCheck value={creative[part]} onChange={(event) => change(event.target.value)} /> : <Input {...control} spellCheck value={creative[part]} onChange={(event) => change(event.target.value)} />)}
      </Field>
      <FindingList findings={findingsAt(findings, `${at}/${part}`)} />
    </div>
  );
}

/** The first of a list's texts, for channels that show one. */
function First({ part, label, optional = false, adSet, at, creative, onChange, findings }: FormProps & { part: "headlines" | "descriptions"; label: string; optional?: boolean }) {
  const limit = limitOf(adSet.channel, part);
  const text = creative[part][0] ?? "";
  return (
    <div className="space-y-1.5">
      <Field label={label} optional={optional} counter={limit ? <Counter text={text} limit={limit} /> : null}>
        {(control) => <Input {...control} spellCheck value={text} onChange={(event) => onChange({ [part]: [event.target.value, ...creative[part].slice(1)] })} />}
      </Field>
      <FindingList findings={findingsAt(findings, `${at}/${part}`, true)} />
    </div>
  );
}

/** Several short texts, each counted. */
function Lines({ part, label, hint, adSet, at, creative, onChange, findings }: FormProps & { part: Extract<TextPart, "headlines" | "descriptions">; label: string; hint?: string }) {
  const limit = limitOf(adSet.channel, part);
  const { min, max } = limit?.count ?? { min: 1, max: 1 };
  const texts = creative[part].length >= min ? creative[part] : [...creative[part], ...Array.from({ length: min - creative[part].length }, () => "")];
  const filled = texts.filter((text) => text.trim() !== "").length;
  const single = label.replace(/s$/, "");
  const change = (next: string[]) => onChange({ [part]: next });
  return (
    <fieldset className="min-w-0 space-y-2">
      <legend className="mb-1.5 flex w-full items-baseline gap-2 text-[0.8125rem] font-medium">
        {label}
        <span className={cn("ml-auto text-2xs font-normal", filled < min ? "text-warning" : "text-muted-foreground")}>
          {filled < min ? `${plural(min - filled, "more is", "more are")} needed` : `${filled} of up to ${max}`}
        </span>
      </legend>
      {texts.map((text, index) => (
        <div key={index} className="space-y-1">
          <div className="flex items-center gap-2">
            <Field label={`${single} ${index + 1}`} hideLabel className="flex-1">
              {(control) => <Input {...control} spellCheck placeholder={`${single} ${index + 1}`} value={text} onChange={(event) => change(texts.map((one, place) => (place === index ? event.target.value : one)))} />}
            </Field>
            <span className="w-12 shrink-0 text-right">{limit ? <Counter text={text} limit={limit} /> : null}</span>
            <Button variant="ghost" size="icon-sm" className="text-muted-foreground" aria-label={`Remove ${single.toLowerCase()} ${index + 1}`} disabled={texts.length <= min} onClick={() => change(texts.filter((_, place) => place !== index))}>
              <X />
            </Button>
          </div>
          <FindingList findings={findingsAt(findings, `${at}/${part}/${index}`)} />
        </div>
      ))}
      {texts.length < max ? (
        <Button variant="secondary" size="sm" onClick={() => change([...texts, ""])}>
          <Plus /> {single}
        </Button>
      ) : null}
      <FindingList findings={findingsAt(findings, `${at}/${part}`)} />
      {hint ? <p className="text-muted-foreground text-xs">{hint}</p> : null}
    </fieldset>
  );
}

function Pictures({ at, creative, onChange, findings }: FormProps) {
  const [picking, setPicking] = useState(false);
  return (
    <div className="space-y-1.5">
      <p className="text-[0.8125rem] font-medium">Picture</p>
      <div className="flex flex-wrap gap-2">
        {creative.image_asset_ids.map((id, index) => (
          <div key={id} className="relative">
            <img src={assetUrl(id)} alt={`Choice ${index + 1}`} className="bg-muted size-20 rounded-md border object-cover" />
            <Button variant="outline" size="icon-sm" className="absolute -top-1.5 -right-1.5 size-6 rounded-full" aria-label={`Remove picture ${index + 1}`} onClick={() => onChange({ image_asset_ids: creative.image_asset_ids.filter((one) => one !== id) })}>
              <X className="size-3!" />
            </Button>
          </div>
        ))}
        <button
          type="button"
          onClick={() => setPicking(true)}
          className="focus-ring text-muted-foreground hover:text-foreground hover:border-border-strong flex size-20 flex-col items-center justify-center gap-1 rounded-md border border-dashed text-2xs font-medium transition-colors"
        >
          <ImagePlus aria-hidden className="size-5" strokeWidth={1.75} /> Choose
        </button>
      </div>
      <p className="text-muted-foreground text-xs">Square or wide (1.91:1), at least 1080 pixels across for a sharp picture.</p>
      <FindingList findings={findingsAt(findings, `${at}/image_asset_ids`, true)} />
      <ImagePicker
        open={picking}
        onOpenChange={setPicking}
        chosen={creative.image_asset_ids}
        onChoose={(id) => {
          onChange({ image_asset_ids: creative.image_asset_ids.includes(id) ? creative.image_asset_ids : [id] });
          setPicking(false);
        }}
      />
    </div>
  );
}
