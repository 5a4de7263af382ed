import { Globe, ImageIcon, ThumbsUp } from "lucide-react";

import type { ChannelType, Creative } from "@/api/loop-types";
import { hostOf } from "@/lib/campaign";
import { cn } from "@/lib/cn";
import { callToAction, type Limit, limitOf, shown, type TextPart } from "@/lib/creative";

export interface PreviewProps {
  channel: ChannelType;
  creative: Creative;
  brand: string;
  landing: string;
  image: (id: string) => string;
}

/** Roughly what people will see, cut off where the channel cuts it off. Every provider's own look differs in detail. */
export function AdPreview({ channel, creative, brand, landing, image }: PreviewProps) {
  const cut = (part: TextPart, text: string | undefined, empty: string) => {
    const limit: Limit | undefined = limitOf(channel, part);
    return text?.trim() ? (limit && !limit.hard ? shown(text.trim(), limit) : text.trim()) : <Empty>{empty}</Empty>;
  };
  if (channel === "google_ads") {
    const lines = creative.headlines.filter((text) => text.trim() !== "");
    const texts = creative.descriptions.filter((text) => text.trim() !== "");
    return (
      <figure className="bg-card rounded-lg border p-4">
        <div className="flex items-center gap-2.5">
          <span className="bg-muted grid size-7 place-items-center rounded-full border">
            <Globe aria-hidden className="text-muted-foreground size-3.5" />
          </span>
          <div className="min-w-0 text-xs leading-4">
            <p className="truncate font-medium">{brand || hostOf(landing)}</p>
            <p className="text-muted-foreground truncate">{hostOf(landing)}</p>
          </div>
        </div>
        <p className="mt-1 text-xs font-semibold">Sponsored</p>
        <p className="text-link mt-1 text-lg leading-6 break-words">{lines.length > 0 ? lines.slice(0, 3).join(" – ") : <Empty>Headlines</Empty>}</p>
        <p className="text-muted-foreground mt-1 text-[0.8125rem] leading-5 break-words">{texts.length > 0 ? texts.slice(0, 2).join(" ") : <Empty>Descriptions</Empty>}</p>
        <Caption>Google tries out combinations of your headlines and descriptions; this is one of them.</Caption>
      </figure>
    );
  }
  if (channel === "klaviyo") {
    return (
      <figure className="bg-card overflow-hidden rounded-lg border">
        <div className="border-b px-4 py-3">
          <p className="flex items-baseline gap-2 text-[0.8125rem]">
            <span className="truncate font-semibold">{creative.from_name || <Empty>Sender</Empty>}</span>
            <span className="text-muted-foreground ml-auto shrink-0 text-xs">09:00</span>
          </p>
          <p className="truncate text-[0.8125rem] font-medium">{cut("subject", creative.subject, "Subject")}</p>
          <p className="text-muted-foreground truncate text-[0.8125rem]">{cut("preview_text", creative.preview_text, "Preview text")}</p>
        </div>
        {creative.body.trim() ? (
          // No scripts, no same origin: it is somebody's HTML.
          <iframe title="E-mail body" sandbox="" srcDoc={page(creative.body)} className="h-80 w-full bg-white" />
        ) : (
          <p className="text-muted-foreground px-4 py-10 text-center text-[0.8125rem]">The body is empty</p>
        )}
      </figure>
    );
  }
  const first = creative.image_asset_ids[0];
  return (
    <figure className="bg-card overflow-hidden rounded-lg border">
      <div className="flex items-center gap-2.5 px-3.5 pt-3">
        <span aria-hidden className="bg-accent-soft text-link grid size-8 place-items-center rounded-full text-xs font-semibold">
          {(brand || hostOf(landing)).slice(0, 1).toUpperCase()}
        </span>
        <div className="min-w-0 text-[0.8125rem] leading-4">
          <p className="truncate font-semibold">{brand || hostOf(landing)}</p>
          <p className="text-muted-foreground text-xs">Sponsored</p>
        </div>
      </div>
      <p className="px-3.5 py-2.5 text-[0.8125rem] leading-5 break-words whitespace-pre-line">{cut("primary_text", creative.primary_text, "The text above the picture")}</p>
      {first ? (
        <img src={image(first)} alt="" className="bg-muted aspect-[1.91/1] w-full object-cover" />
      ) : (
        <div className="bg-muted text-muted-foreground grid aspect-[1.91/1] place-items-center">
          <ImageIcon aria-label="No image yet" className="size-6" strokeWidth={1.5} />
        </div>
      )}
      <div className="bg-muted/60 flex items-center gap-3 px-3.5 py-2.5">
        <div className="min-w-0 flex-1 text-[0.8125rem] leading-4.5">
          <p className="text-muted-foreground truncate text-xs uppercase">{hostOf(landing)}</p>
          <p className="font-semibold break-words">{cut("headlines", creative.headlines[0], "Headline")}</p>
          {creative.descriptions[0]?.trim() ? <p className="text-muted-foreground truncate text-xs">{cut("descriptions", creative.descriptions[0], "")}</p> : null}
        </div>
        {creative.call_to_action ? (
          <span className="bg-secondary shrink-0 rounded-md border px-2.5 py-1.5 text-xs font-semibold">{callToAction(creative.call_to_action)}</span>
        ) : null}
      </div>
      <p aria-hidden className="text-muted-foreground flex items-center gap-1.5 border-t px-3.5 py-2 text-xs">
        <ThumbsUp className="size-3.5" /> Like
      </p>
      {channel === "sandbox" ? <Caption className="px-3.5 pb-3">Practice channel: nobody sees this and nothing is charged.</Caption> : null}
    </figure>
  );
}

function Empty({ children }: { children: string }) {
  return <span className="text-muted-foreground/70 italic">{children}</span>;
}

function Caption({ children, className }: { children: string; className?: string }) {
  return <figcaption className={cn("text-muted-foreground mt-3 text-2xs text-pretty", className)}>{children}</figcaption>;
}

/** A page around somebody's HTML, in the browser's plainest type. */
function page(body: string): string {
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data: https:"><style>body{font:15px/1.5 system-ui,sans-serif;margin:20px;color:#1c1c22}img{max-width:100%}h1{font-size:22px}</style>${body}`;
}
