import { memo } from "react";

import type { ChatMessage } from "@/api/chat";
import { Words } from "@/components/words";
import { cn } from "@/lib/cn";

import { type Block, blocksOf, textOf } from "./conversation";
import { RunCard } from "./run-card";
import { type Doings, ToolBlock } from "./tool-block";

/** What was said, and what came of it. */
export const Message = memo(function Message({ message, last, busy, ...doings }: { message: ChatMessage; last: boolean; busy: boolean } & Doings) {
  if (message.role === "user") return <Said text={textOf(message)} />;
  const blocks = blocksOf(message);
  return (
    <li className="min-w-0 space-y-3" aria-busy={busy}>
      <span className="sr-only">Assistant</span>
      {blocks.map((block, at) => (
        <OneBlock key={at} block={block} last={last} {...doings} />
      ))}
    </li>
  );
});

function OneBlock({ block, last, ...doings }: { block: Block; last: boolean } & Doings) {
  if (block.kind === "run") return <RunCard id={block.id} agent={block.agent} onAgain={doings.onAgain} />;
  if (block.kind === "tool") return <ToolBlock block={block} last={last} {...doings} />;
  return (
    <p className="text-sm text-pretty break-words whitespace-pre-line">
      <Words text={block.text} />
    </p>
  );
}

function Said({ text }: { text: string }) {
  return (
    <li data-said className="flex justify-end pl-8 sm:pl-16">
      <span className="sr-only">You</span>
      <p className={cn("bg-accent-soft dark:text-foreground min-w-0 rounded-2xl rounded-br-md px-3.5 py-2 text-sm break-words whitespace-pre-wrap", text.startsWith("/") && "font-mono text-[0.8125rem]")}>{text}</p>
    </li>
  );
}
